// Contact sheets of every page, and axe on each. Arguments choose scenes by name or group.

import { chromium as playwright } from "@playwright/test";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { barriers } from "./axe.mjs";
import { chromium } from "./chromium.mjs";
import { SCENES, shown } from "./scenes.mjs";
import { openTheatre } from "./stage.mjs";

const LOCALES = { en: "en-US", es: "es-419", pt: "pt-BR" };
const SCHEMES = ["light", "dark"];
const SIZES = { narrow: { width: 360, height: 640 }, wide: { width: 1280, height: 800 } };

const there = process.env.SCREENSHOTS ?? "results";
const asked = process.argv.slice(2);
const scenes = SCENES.filter(
  ({ name, group }) => asked.length === 0 || asked.includes(name) || asked.includes(group),
);
const groups = [...new Set(scenes.map(({ group }) => group))];
const found = [];

rmSync(there, { recursive: true, force: true });
mkdirSync(join(there, "pages"), { recursive: true });
const browser = await playwright.launch(chromium());
const theatre = await openTheatre();

await inTurns(2, scenes.flatMap((scene) => Object.keys(LOCALES).map((locale) => [scene, locale])), take);
await inTurns(2, sheets(), lay);
writeFileSync(join(there, "index.html"), index());
await browser.close();
theatre.close();

for (const barrier of new Set(found)) console.error(barrier);
const index_ = join(there, "index.html");
console.log(`${scenes.length} pages, ${found.length} barriers: ${index_}`);
process.exitCode = found.length === 0 ? 0 : 1;

// One page in one language, in every scheme and size.
async function take([scene, locale]) {
  const stage = await theatre.stage(scene.settings);
  try {
    const { context, page } = await shown(browser, scene, stage, {
      locale: LOCALES[locale],
      viewport: SIZES.narrow,
    });
    for (const scheme of SCHEMES) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
      for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport);
        // A page that presses its own button shows itself a moment late.
        await page.evaluate(() => Promise.all(document.getAnimations().map((it) => it.finished)));
        await page.screenshot({ path: join(there, "pages", file(scene, locale, scheme, size)) });
        for (const barrier of await barriers(page)) {
          found.push(`${scene.group}/${scene.name} ${locale} ${scheme} ${size}: ${barrier}`);
        }
      }
    }
    await context.close();
  } catch (error) {
    found.push(`${scene.group}/${scene.name} ${locale}: ${error.stack}`);
  } finally {
    await stage.strike();
  }
}

function file({ group, name }, locale, scheme, size) {
  return `${group}-${name}-${locale}-${scheme}-${size}.png`;
}

// A sheet for each group, language and size: light above, dark below.
function sheets() {
  const list = [];
  for (const group of groups) {
    for (const locale of Object.keys(LOCALES)) {
      for (const size of Object.keys(SIZES)) list.push({ group, locale, size });
    }
  }
  return list;
}

function sheetFile({ group, locale, size }) {
  return `${group}-${locale}-${size}.png`;
}

async function lay(sheet) {
  const { group, locale, size } = sheet;
  const width = size === "narrow" ? 360 : 640;
  const columns = size === "narrow" ? 5 : 3;
  const of = scenes.filter((scene) => scene.group === group);
  const rows = SCHEMES.map((scheme) => {
    const figures = of.map((scene) => {
      const src = pathToFileURL(join(there, "pages", file(scene, locale, scheme, size)));
      return `<figure><img src="${src}" width="${width}"><figcaption>${scene.name}</figcaption></figure>`;
    });
    return `<section>${figures.join("\n")}</section>`;
  });
  const html = join(there, "pages", `${sheetFile(sheet)}.html`);
  writeFileSync(
    html,
    `<!DOCTYPE html><meta charset="utf-8"><style>
     body { margin: 0; padding: 16px; display: inline-block; font: 16px sans-serif; background: #888 }
     section { display: grid; gap: 16px; margin-bottom: 32px;
       grid-template-columns: repeat(${Math.min(columns, of.length)}, ${width}px) }
     figure { margin: 0 } img { display: block }</style>${rows.join("\n")}`,
  );
  const page = await browser.newPage({ viewport: { width: 2200, height: 800 } });
  await page.goto(pathToFileURL(html).href);
  await page.locator("body").screenshot({ path: join(there, sheetFile(sheet)) });
  await page.close();
  rmSync(html);
}

function index() {
  const figures = sheets().map((sheet) => {
    const src = sheetFile(sheet);
    const title = Object.values(sheet).join(", ");
    return `<h2>${title}</h2>\n<a href="${src}"><img src="${src}" alt="${title}" loading="lazy"></a>`;
  });
  return `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Countersign's pages</title>
<style>body { font: 1rem sans-serif; margin: 1rem } img { max-width: 100% }</style>
<h1>Countersign's pages</h1>
${figures.join("\n")}
</html>
`;
}

async function inTurns(count, list, work) {
  const left = [...list];
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: count }, worker));
}
