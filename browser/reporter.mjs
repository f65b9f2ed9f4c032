// Sums up in the words in which cargo's tests do, for whoever adds up both.
export default class {
  #counts = { expected: 0, unexpected: 0, flaky: 0, skipped: 0 };

  onBegin(_, suite) {
    this.suite = suite;
  }

  onEnd(result) {
    for (const test of this.suite.allTests()) this.#counts[test.outcome()] += 1;
    const { expected, unexpected, flaky, skipped } = this.#counts;
    const failed = unexpected + flaky;
    const word = result.status === "passed" ? "ok" : "FAILED";
    console.log(
      `\ntest result: ${word}. ${expected} passed; ${failed} failed; ${skipped} ignored; ` +
        `0 measured; 0 filtered out; finished in ${(result.duration / 1000).toFixed(2)}s\n`,
    );
  }

  printsToStdio() {
    return false;
  }
}
