// Bundle the pages' script, styles and icons into src/dakehu/static/dist/.
// Fails when a template asks for an icon that does not exist.

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, "src", "dakehu");
const target = join(source, "static", "dist");

/** Every file below `folder` whose name ends in `ending`. */
async function filesBelow(folder, ending) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Icon names asked for: `{% icon "name" %}`, `icon_name="name"` in templates; `icon("name")`, `icon="name"`, `ICONS = {key: "name"}` in Python. */
async function iconsAskedFor() {
  const patterns = [
    [".html", /\bicon(?:_name)?\s*=?\s*["']([a-z0-9-]+)["']/g],
    [".py", /\bicon(?:_name)?\s*[=(]\s*["']([a-z0-9-]+)["']/g],
  ];
  const asked = new Map();
  for (const [ending, pattern] of patterns) {
    for (const file of await filesBelow(source, ending)) {
      const text = await readFile(file, "utf8");
      const books = ending === ".py" ? text.matchAll(/\b[A-Z_]*ICONS\b[^={]*=\s*\{([^}]*)\}/g) : [];
      const named = [...books].flatMap(([, book]) => [...book.matchAll(/:\s*"([a-z0-9-]+)"/g)]);
      for (const [, name] of [...text.matchAll(pattern), ...named]) {
        if (!asked.has(name)) asked.set(name, relative(root, file));
      }
    }
  }
  return asked;
}

/** One SVG sprite of the icons that are used: `<use href="…/icons.svg#name">`. */
async function sprite() {
  const folder = join(root, "node_modules", "@tabler", "icons", "icons");
  const symbols = [];
  const missing = [];
  for (const [name, file] of [...(await iconsAskedFor())].sort()) {
    const [kind, plain] = name.endsWith("-filled")
      ? ["filled", name.slice(0, -"-filled".length)]
      : ["outline", name];
    const svg = await readFile(join(folder, kind, `${plain}.svg`), "utf8").catch(() => null);
    if (svg === null) {
      missing.push(`${name} (${file})`);
      continue;
    }
    const shapes = svg
      .replace(/<!--[\s\S]*?-->/g, "")
      .replace(/^[\s\S]*?<svg[^>]*>/, "")
      .replace(/<\/svg>\s*$/, "")
      .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/g, "")
      .replace(/\s+/g, " ")
      .trim();
    const paint =
      kind === "filled"
        ? 'fill="currentColor"'
        : 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
    symbols.push(`<symbol id="${name}" viewBox="0 0 24 24" ${paint}>${shapes}</symbol>`);
  }
  if (missing.length) throw new Error(`No such icon: ${missing.join(", ")}`);
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("\n")}</svg>\n`;
}

await rm(target, { recursive: true, force: true });
await mkdir(target, { recursive: true });
await writeFile(join(target, "icons.svg"), await sprite());
await build({
  absWorkingDir: root,
  entryPoints: ["assets/main.ts", "assets/theme.ts", "assets/main.css"],
  outdir: target,
  bundle: true,
  minify: true,
  sourcemap: true,
  format: "esm",
  // Charts are loaded by the pages that draw them.
  splitting: true,
  chunkNames: "[name]-[hash]",
  target: ["es2022", "chrome111", "firefox114", "safari16.4"],
  loader: { ".woff2": "file", ".svg": "dataurl" },
  legalComments: "linked",
  logLevel: "warning",
});
// Each stands alone: the service worker, and the page that it keeps for when there is no connection.
await build({
  absWorkingDir: root,
  entryPoints: ["assets/worker.ts", "assets/offline.ts"],
  outdir: target,
  bundle: true,
  minify: true,
  format: "iife",
  target: ["es2022", "chrome111", "firefox114", "safari16.4"],
  logLevel: "warning",
});
