// What every test stands on: a stage of its own, and a browser that nobody has used.

import { test as base, expect } from "@playwright/test";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export { expect };

export const ANA = "ana@example.com";

// A stage: Countersign, the application "market" and the partner "Northstar".
export class Stage {
  constructor(theatre, shown) {
    this.theatre = theatre;
    Object.assign(this, shown);
  }

  async #play(what, body = {}) {
    return ask(`${this.theatre}/stages/${this.id}/${what}`, body);
  }

  // A page of the application.
  at(path) {
    return this.market + path;
  }

  // Changes what the partner sets: a JSON merge patch.
  settings(set, partner = undefined) {
    return this.#play("settings", { set, partner });
  }

  // Moves Countersign's clock on. The browser's own stays.
  advance(seconds) {
    return this.#play("advance", { seconds });
  }

  // Sets Countersign's clock back.
  setBack(seconds) {
    return this.#play("set-back", { seconds });
  }

  // The newest code that was sent to an address.
  async code(to) {
    const { code } = await this.#play("code", { to });
    if (!code) throw new Error(`nothing was sent to ${to}`);
    return code;
  }

  // Whether anything was sent to an address.
  async sent(to) {
    return (await this.#play("code", { to })).code !== null;
  }

  // A one-time token as Login Force has it, for `user`.
  async forceToken(email = ANA, partner = undefined) {
    return (await this.#play("mint", { user: { email }, partner })).data;
  }

  // A link into the flow `sell`, as Login Trust has it.
  async link({ user = { email: ANA }, id = "2738", from, locale } = {}) {
    const minted = await this.#play("mint", { flow: "sell", params: { id }, user, from, locale });
    return minted.data;
  }

  // Signs somebody in on another device: `{authentication, session, user}`.
  device(email = ANA) {
    return this.#play("device", { email });
  }

  // Whether a session lives.
  async lives(session) {
    return (await this.#play("verify", { session })).status === 200;
  }

  addUser(identity, password = undefined) {
    return this.#play("user", { identity, password });
  }

  lock(identity, locked = true) {
    return this.#play("lock", { identity, locked });
  }

  revokeKey() {
    return this.#play("revoke-key");
  }

  // Takes the database away, for good.
  away() {
    return this.#play("away");
  }

  // What the servers of the application and of the partner were asked for: `{market, northstar}`,
  // each a list of `{method, target, referer, status}`.
  requests() {
    return this.#play("requests");
  }

  // It is gone after that.
  strike() {
    return fetch(`${this.theatre}/stages/${this.id}`, { method: "DELETE" });
  }

  // What Countersign has logged, at every level.
  async log() {
    return (await fetch(`${this.theatre}/log`)).text();
  }
}

// Where stages are set. It ends when its input does.
export async function openTheatre() {
  const binary = process.env.STAGE_BIN;
  if (!binary) throw new Error("STAGE_BIN names no stage: run `cargo xtask browser`.");
  const child = spawn(binary, [], { stdio: ["pipe", "pipe", "inherit"] });
  const url = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("error", reject);
    child.once("exit", () => reject(new Error("the stage ended")));
  });
  return {
    stage: async (settings) => new Stage(url, await ask(`${url}/stages`, settings)),
    close: () => child.stdin.end(),
  };
}

async function ask(url, body) {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer.json();
}

// The cookies by which a browser is signed in.
export const AUTHENTICATION = "__Host-countersign";
export const SESSION = "__Host-countersign-session";

// Signs a browser in as if it had been long ago: it holds an authentication, and no session.
export async function signIn(context, stage, email = ANA) {
  const { authentication } = await stage.device(email);
  await context.addCookies([
    {
      name: AUTHENTICATION,
      value: authentication.token,
      domain: "market.localhost",
      path: "/",
      secure: true,
      httpOnly: true,
      sameSite: "Lax",
    },
  ]);
  return authentication;
}

// A cookie as the browser keeps it, if it does.
export async function cookie(context, name) {
  return (await context.cookies()).find((cookie) => cookie.name === name);
}

// Waits until the application shows this address to this person.
export async function expectIn(page, url, who = ANA) {
  await expect(page).toHaveURL(url);
  await expect(page.locator("#who")).toHaveText(who);
}

// Waits for the page that says what went wrong in these words.
export async function expectTrouble(page, heading) {
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(heading);
}

export const test = base.extend({
  // What the partner of this test's stage sets, over what it has anyway.
  settings: [{}, { option: true }],

  theatre: [
    async ({}, use) => {
      const theatre = await openTheatre();
      await use(theatre);
      theatre.close();
    },
    { scope: "worker" },
  ],

  stage: async ({ theatre, settings }, use) => {
    const stage = await theatre.stage(settings);
    await use(stage);
    await stage.strike();
  },
});
