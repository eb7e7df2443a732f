// Bundles the page: app.js, app.css, index.html, favicon.svg and the licences of what is bundled.
// node build.mjs [DIRECTORY]    by default ../static, where the server takes them from
import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";

const here = import.meta.dirname;
const out = path.resolve(process.argv[2] ?? path.join(here, "../static"));

/** The packages that ended up in the bundle, by the folders its inputs come from. */
function packagesOf(metafile) {
  const found = new Set();
  for (const input of Object.keys(metafile.inputs)) {
    const match = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (match) found.add(match[1]);
  }
  return [...found].toSorted();
}

/** One package's name, version and licence text. */
async function licenceOf(name) {
  const folder = path.join(here, "node_modules", name);
  const { version, license } = JSON.parse(
    await readFile(path.join(folder, "package.json"), "utf8"),
  );
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} has no licence file`);
  const text = (await readFile(path.join(folder, file), "utf8")).replace(/\r\n/g, "\n").trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}

await mkdir(out, { recursive: true });
const { metafile } = await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.tsx" },
  outdir: out,
  bundle: true,
  minify: true,
  metafile: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  logLevel: "warning",
});
for (const file of ["index.html", "favicon.svg"])
  await copyFile(path.join(here, file), path.join(out, file));
const rule = `\n${"-".repeat(78)}\n\n`;
const licences = await Promise.all(packagesOf(metafile).map(licenceOf));
await writeFile(
  path.join(out, "LICENSES.txt"),
  `app.js holds parts of these packages.${rule}${licences.join(rule)}`,
);
