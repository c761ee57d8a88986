// Open every page of the site as a reader would: light, dark, and on a narrow screen.
//
//     node check.mjs BASE BROWSER SHOTS PAGE...
//
// Reports errors on the console, requests to other machines, formulas that were not typeset, pages wider than the
// screen, and faults of accessibility. Ends with status 1 if there was any.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [base, executablePath, shots, ...pages] = process.argv.slice(2);
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const standards = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'];
// Faults of the theme, on every page, in parts that are not the book's.
const theme = ['label-content-name-mismatch', 'region', 'nested-interactive'];
const views = [
  { name: 'light', colorScheme: 'light', viewport: { width: 1280, height: 900 } },
  { name: 'dark', colorScheme: 'dark', viewport: { width: 1280, height: 900 } },
  { name: 'narrow', colorScheme: 'light', viewport: { width: 390, height: 844 }, isMobile: true },
];
let faults = 0;

async function visit(browser, view, page) {
  const found = new Set();
  const context = await browser.newContext(view);
  const tab = await context.newPage();
  await tab.route('**/*', (route) => {
    const url = route.request().url();
    if (url.startsWith(base) || url.startsWith('data:') || url.startsWith('blob:')) return route.continue();
    found.add(`asks another machine: ${url}`);
    return route.abort();
  });
  tab.on('console', (message) => message.type() === 'error' && found.add(`console: ${message.text()}`));
  tab.on('pageerror', (error) => found.add(`script: ${error.message}`));
  await tab.goto(base + page, { waitUntil: 'load' });
  await tab.waitForFunction(
    () => !document.querySelector('.math') || document.querySelector('mjx-container'), null, { timeout: 20000 },
  ).catch(() => found.add('formulas are not typeset'));
  await tab.evaluate(() => window.MathJax?.startup?.promise);
  await tab.waitForTimeout(300);
  const facts = await tab.evaluate(() => ({
    width: document.documentElement.scrollWidth,
    broken: [...document.images].filter((i) => i.complete && !i.naturalWidth).map((i) => i.src),
    errors: [...document.querySelectorAll('mjx-merror')].map((e) => e.getAttribute('title') || e.textContent),
  }));
  if (facts.width > view.viewport.width + 4) found.add(`${facts.width} px wide on a screen of ${view.viewport.width}`);
  facts.broken.forEach((src) => found.add(`image missing: ${src}`));
  facts.errors.forEach((text) => found.add(`formula: ${text}`));
  if (view.name !== 'narrow') {
    await tab.evaluate(axe);
    const report = await tab.evaluate((runOnly) => window.axe.run(document, { runOnly }), standards);
    for (const fault of report.violations) {
      if (!theme.includes(fault.id)) {
        found.add(`${fault.impact}: ${fault.id} (${fault.nodes.length}) ${fault.nodes[0].target.join(' ').slice(0, 90)}`);
      }
    }
  }
  await tab.screenshot({ path: `${shots}/${page.replace(/\.html$/, '').replaceAll('/', '-')}-${view.name}.png`, fullPage: true });
  await context.close();
  return found;
}

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
for (const page of pages) {
  for (const view of views) {
    const found = await visit(browser, view, page);
    faults += found.size;
    console.log(`${page} ${view.name}: ${found.size ? '' : 'well'}`);
    found.forEach((fault) => console.log(`    ${fault}`));
  }
}
await browser.close();
process.exit(faults ? 1 : 0);
