// better-auth over node:http, as its guide to Node.js has it, with its database on disk.
//
// PORT says where, DATABASE in which file, SECRET signs its cookies, and COOKIE_CACHE=on keeps
// the session in a signed cookie for five minutes.
import { createServer } from 'node:http';

import { betterAuth } from 'better-auth';
import { getMigrations } from 'better-auth/db/migration';
import { toNodeHandler } from 'better-auth/node';
import Database from 'better-sqlite3';

const { PORT, DATABASE, SECRET, COOKIE_CACHE } = process.env;

const database = new Database(DATABASE);
// Readers and the writer do not wait for each other, and a commit waits for the disk no more
// often than it must: better-sqlite3's own advice.
database.pragma('journal_mode = WAL');
database.pragma('synchronous = NORMAL');

const options = {
  database,
  secret: SECRET,
  baseURL: `http://127.0.0.1:${PORT}`,
  emailAndPassword: { enabled: true },
  session: { cookieCache: { enabled: COOKIE_CACHE === 'on', maxAge: 5 * 60 } },
  // Limits answer what lies behind them, and here that is measured.
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
};

const { toBeCreated, runMigrations } = await getMigrations(options);
if (toBeCreated.length > 0) await runMigrations();

createServer(toNodeHandler(betterAuth(options))).listen(PORT, '127.0.0.1');
