// Every page, for whoever reads, steers and pays for bytes differently.

import { barriers } from "../axe.mjs";
import { SCENES, shown } from "../scenes.mjs";
import { expect, test } from "../stage.mjs";

const HEAVIEST = 30 * 1024;

for (const scene of SCENES) {
  test(`${scene.group}/${scene.name} is open to everybody`, async ({ browser, theatre }) => {
    const stage = await theatre.stage(scene.settings);
    const { context, page } = await shown(browser, scene, stage, {
      locale: "en-US",
      viewport: { width: 360, height: 640 },
    });
    await page.emulateMedia({ reducedMotion: "reduce" });
    await page.evaluate(() => Promise.all(document.getAnimations().map((it) => it.finished)));
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      expect(await barriers(page)).toEqual([]);
    }

    // As narrow as WCAG 2.2 asks for (criterion 1.4.10): nothing is beside the page.
    await page.setViewportSize({ width: 320, height: 640 });
    const [wide, room] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect(wide).toBeLessThanOrEqual(room);

    // Each control can be reached by keyboard, and shows where it is.
    const controls = "a[href], button:not([disabled]), input:not([type=hidden]), summary";
    const count = await page.locator(controls).filter({ visible: true }).count();
    await page.evaluate(() => {
      document.activeElement.blur();
      window.getSelection().removeAllRanges();
    });
    const reached = new Set();
    for (let step = 0; step <= count; step += 1) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate((controls) => {
        const { activeElement: element } = document;
        if (!element.matches(controls)) return null;
        const { outlineStyle, outlineWidth } = getComputedStyle(element);
        const visible = outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0;
        return { which: [...document.querySelectorAll(controls)].indexOf(element), visible };
      }, controls);
      if (focused === null) continue;
      expect(focused.visible).toBe(true);
      reached.add(focused.which);
    }
    expect(reached.size).toBe(count);

    // The main button is there in forced colours too.
    await page.emulateMedia({ forcedColors: "active" });
    for (const button of await page.locator("main button, a.button").all()) {
      if (!(await button.isVisible())) continue;
      const border = await button.evaluate((it) => getComputedStyle(it).borderTopWidth);
      expect(Number.parseFloat(border)).toBeGreaterThan(0);
    }

    // It is small, and all there is. A browser asks for an icon by itself.
    const { origin } = new URL(page.url());
    const allowed = [`${origin}/favicon.ico`];
    if (scene.logo) allowed.push(`${stage.northstar}/logo.svg`);
    if (scene.group === "dev") allowed.push(`${origin}/dev/outbox`);
    const loaded = await page.evaluate(() =>
      performance.getEntriesByType("resource").map(({ name }) => name),
    );
    expect(loaded.filter((url) => !allowed.includes(url))).toEqual([]);
    expect(Buffer.byteLength(await page.content())).toBeLessThan(HEAVIEST);
    if (scene.logo) expect(loaded).toContain(`${stage.northstar}/logo.svg`);
    await context.close();
  });
}
