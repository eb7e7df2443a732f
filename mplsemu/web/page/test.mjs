// Runs the unit tests of the page's modules with Node's own test runner; no browser.
import { build } from "esbuild";
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

const here = import.meta.dirname;
const out = await mkdtemp(path.join(tmpdir(), "mplsemu-page-"));
try {
  const tests = (await readdir(path.join(here, "tests"))).filter((name) =>
    /\.test\.tsx?$/.test(name),
  );
  await build({
    absWorkingDir: here,
    entryPoints: tests.map((name) => `tests/${name}`),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    jsx: "automatic",
    jsxImportSource: "preact",
    logLevel: "warning",
  });
  const bundles = tests.map((name) => path.join(out, name.replace(/\.tsx?$/, ".mjs")));
  const { status } = spawnSync(process.execPath, ["--test", "--test-reporter=dot", ...bundles], {
    stdio: "inherit",
  });
  process.exitCode = status ?? 1;
} finally {
  await rm(out, { recursive: true });
}
