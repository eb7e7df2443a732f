/** Saves a picture as the server draws it now: as SVG, or as PNG of twice the size. */

import type { Picture } from "../api";

export type Format = "svg" | "png";

const LARGER = 2;

/** Save a picture; `fetchPicture` fetches it anew. */
export async function download(
  name: string,
  format: Format,
  fetchPicture: () => Promise<Picture>,
): Promise<void> {
  const { svg } = await fetchPicture();
  const file = format === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await pixels(svg);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `${name.replace(/[^\w.-]+/g, "-")}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function pixels(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width * LARGER, image.height * LARGER];
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, failed) =>
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("The picture is too large.")))),
  );
}
