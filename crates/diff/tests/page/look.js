// Opens pages in a real Chromium and prints what a person would stumble over, as JSON.
//
// Reads from standard input `{ chromium, pages: [PATH], shots: FOLDER or null }`. Of each page it prints, for
// both themes and two widths: requests other than the page itself, messages of the console, what axe finds,
// whether anything is wider than the window, and where the tab key leads; and of paper, what is not printed.
"use strict";

const { readFileSync } = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");

const AXE = readFileSync(require.resolve("axe-core"), "utf8");
const WIDTHS = [400, 1400];
const THEMES = ["light", "dark"];

// By the protocol, so that the page's policy, which forbids scripts, stays as it is.
async function evaluate(session, expression) {
  const answer = await session.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
  if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
  return answer.result.value;
}

const VIOLATIONS = `axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: true } } }).then((found) =>
  found.violations.map((one) => one.id + ": " + one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" | ")))`;

const FOCUSED = `(() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  const label = at.labels && at.labels.length ? at.labels[0] : at;
  return {
    name: at.localName + " " + label.innerText.trim().replace(/\\s+/g, " ").slice(0, 60),
    visible: box.width > 0 && box.height > 0 && style.outlineStyle !== "none",
  };
})()`;

async function focusOrder(page, session) {
  const order = [];
  for (let at = 0; at < 60; at++) {
    await page.keyboard.press("Tab");
    const focused = await evaluate(session, FOCUSED);
    if (!focused) break;
    order.push(focused);
  }
  return order;
}

async function look(browser, file, theme, width, shots) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme });
  const page = await context.newPage();
  const found = { theme, width, requests: [], messages: [] };
  const url = pathToFileURL(file).href;
  page.on("request", (request) => { if (request.url() !== url) found.requests.push(request.url()); });
  page.on("console", (message) => found.messages.push(message.text()));
  page.on("dialog", (dialog) => { found.messages.push(dialog.message()); dialog.dismiss(); });
  page.on("pageerror", (error) => found.messages.push(String(error)));
  await page.goto(url);
  const session = await context.newCDPSession(page);
  found.overflow = await evaluate(session, "document.documentElement.scrollWidth > innerWidth");
  if (shots) await page.screenshot({ path: path.join(shots, `${path.basename(file, ".html")}-${theme}-${width}.png`) });
  found.focus = await focusOrder(page, session);
  if (await page.locator("#raw").count()) {
    await evaluate(session, "document.querySelector('#canonical').focus()");
    await page.keyboard.press("ArrowDown");
    const shown = "[...document.querySelectorAll('.c, .r')].filter((e) => e.checkVisibility()).map((e) => e.classList.contains('r') ? 'r' : 'c')";
    found.afterSwitch = [...new Set(await evaluate(session, shown))];
    await page.keyboard.press("ArrowUp");
    found.afterSwitchBack = [...new Set(await evaluate(session, shown))];
  }
  await evaluate(session, AXE);
  found.violations = await evaluate(session, VIOLATIONS);
  if (width === WIDTHS[1]) {
    await evaluate(session, "document.querySelectorAll('details').forEach((one) => one.removeAttribute('open'))");
    await page.emulateMedia({ media: "print", colorScheme: theme });
    found.folded = await evaluate(session, "[...document.querySelectorAll('main table, main li')].filter((e) => !e.closest('.r') && !e.checkVisibility({ contentVisibilityAuto: false })).length");
    found.navigation = await evaluate(session, "document.querySelector('nav').checkVisibility()");
    if (shots && theme === "light") await page.pdf({ path: path.join(shots, `${path.basename(file, ".html")}.pdf`), format: "A4" });
  }
  await context.close();
  return found;
}

async function main() {
  const wanted = JSON.parse(readFileSync(0, "utf8"));
  const browser = await chromium.launch({ executablePath: wanted.chromium });
  const pages = [];
  for (const file of wanted.pages) {
    for (const theme of THEMES) {
      for (const width of WIDTHS) pages.push({ file: path.basename(file), ...(await look(browser, file, theme, width, wanted.shots)) });
    }
  }
  await browser.close();
  console.log(JSON.stringify(pages));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
