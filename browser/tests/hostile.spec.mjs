import { hostile } from "../hostile.mjs";
import { expect, expectTrouble, signIn, test } from "../stage.mjs";

test.setTimeout(60_000);

test("no hostile return_to is gone to", async ({ page, stage }) => {
  const values = hostile();
  expect(values.length).toBeGreaterThan(800);
  await page.goto(stage.at("/open"));
  const answers = await fetched(page, values.map((value) => signInFor(stage, value)));
  expect(new Set(Object.values(answers))).toEqual(new Set([400]));

  // That status is a page which leads nowhere by itself. Looking at each takes a minute.
  const asked = watched(page);
  for (const value of values.filter((_, index) => index % 10 === 0)) {
    const response = await page.goto(signInFor(stage, value));
    expect(response.status(), JSON.stringify(value)).toBe(400);
    await expectTrouble(page, /^We do not know where to take you|^This address is not complete/);
  }
  expect(asked()).toEqual([stage.market]);
});

test("who is signed in is not taken to any hostile return_to either", async ({
  page,
  context,
  stage,
}) => {
  await signIn(context, stage);
  await page.goto(stage.at("/open"));
  const answers = await fetched(page, hostile().map((value) => signInFor(stage, value)));
  expect(new Set(Object.values(answers))).toEqual(new Set([400]));
});

for (const signedIn of [true, false]) {
  const who = signedIn ? "who is signed in" : "who is not signed in";
  test(`what looks like the application takes ${who} nowhere else`, async ({
    page,
    context,
    stage,
  }) => {
    if (signedIn) await signIn(context, stage);
    const asked = watched(page);
    await page.goto(stage.at("/open"));
    const { host } = new URL(stage.market);
    const values = hostile().filter((value) => value.includes("market.example"));
    expect(values.length).toBeGreaterThan(50);
    const alike = values.map((value) =>
      value.replaceAll("https://market.example", stage.market).replaceAll("market.example", host),
    );
    const answers = await fetched(page, alike.map((value) => signInFor(stage, value)));
    for (const [url, status] of Object.entries(answers)) {
      if (status === 400) continue;
      // Redirects, but for a script's request to the partner's login: the browser shows where
      // they lead.
      expect([0, 403], url).toContain(status);
      await page.goto(url, { waitUntil: "commit" });
    }
    const there = signedIn ? [stage.market] : [stage.market, stage.northstar];
    expect(there).toEqual(expect.arrayContaining(asked()));
  });
}

function signInFor(stage, returnTo) {
  return stage.at(`/auth/sign-in?return_to=${encodeURIComponent(returnTo)}`);
}

// What the page is answered at each address; 0 where it would be sent on.
function fetched(page, urls) {
  return page.evaluate(async (urls) => {
    const answers = {};
    const left = [...urls];
    const work = async () => {
      for (let url = left.pop(); url !== undefined; url = left.pop()) {
        answers[url] = (await fetch(url, { redirect: "manual" })).status;
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
    return answers;
  }, urls);
}

// The origins that the page asks for documents from now on.
function watched(page) {
  const seen = new Set();
  page.on("request", (request) => {
    if (request.isNavigationRequest()) seen.add(new URL(request.url()).origin);
  });
  return () => [...seen];
}
