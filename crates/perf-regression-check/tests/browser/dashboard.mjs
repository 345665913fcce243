// Opens dashboards in a real browser, from a folder, and uses them as a person would.
//
//   node dashboard.mjs NODE_MODULES CHROMIUM SMALL_SITE LARGE_SITE SCREENSHOTS
//
// Prints one line a check; ends with 1 at the first that fails.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [modules, executablePath, small, large, screenshots] = process.argv.slice(2);
const { chromium } = createRequire(join(modules, 'x.js'))('playwright-core');
const address = (site) => pathToFileURL(join(site, 'index.html')).href;

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
const complaints = [];
const open = async (site, hash = '', options = {}) => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('dialog', (dialog) => { complaints.push(`a dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('request', (request) => /^(file|data):/.test(request.url()) || complaints.push(`a request to ${request.url()}`));
  await page.goto(address(site) + hash);
  return page;
};
const picture = async (page, name) => screenshots && page.screenshot({ path: join(screenshots, `${name}.png`) });
const visible = (page) => page.locator('.list li');
const done = (what) => {
  assert.deepEqual(complaints, [], what);
  console.log(`ok: ${what}`);
};

try {
  // ---- A small site: every part of it.
  let page = await open(small);
  assert.equal(await visible(page).count(), 6);
  assert.match(await visible(page).first().textContent(), /regressed.*parse\/large/);
  assert.match(await page.locator('#subtitle').textContent(), /org\/consumer/);
  await picture(page, 'overview-light');
  done('the overview lists every series, the worst first');

  assert.equal(await page.getByText('<img src=x onerror=alert(1)>').count(), 1);
  assert.equal(await page.locator('.list img').count(), 0);
  done('hostile names are text');

  await page.keyboard.press('/');
  await page.keyboard.type('PARSE sm');
  assert.equal(await visible(page).count(), 1);
  assert.match(await page.locator('.count').textContent(), /1 of 6/);
  await page.locator('#search').fill('');
  await page.getByRole('button', { name: /steady/ }).click();
  assert.ok((await visible(page).allTextContents()).every((text) => text.startsWith('steady')));
  await page.getByRole('button', { name: /steady/ }).click();
  await page.locator('#search').fill('no such thing');
  assert.ok(await page.getByText('No benchmark matches.').isVisible());
  await page.locator('#search').fill('');
  done('search and filters narrow the list, and say by how much');

  await page.locator('#search').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  const plot = page.locator('.plot svg');
  await plot.waitFor();
  assert.match(await page.locator('h2').textContent(), /parse\/large/);
  assert.equal(await page.locator('.plot .mark.confirmed').count(), 1);
  assert.ok((await page.locator('.plot .band').count()) >= 1);
  assert.ok((await page.locator('.legend .swatch').count()) === 2, 'two kinds of machine');
  const compare = await page.locator('table a[href*="/compare/"]').first().getAttribute('href');
  assert.match(compare, /^https:\/\/github\.com\/org\/consumer\/compare\/[0-9a-f]{40}\.\.\.[0-9a-f]{40}$/);
  done('by keyboard to a page with change point, band, machines and links to commits');

  const box = await plot.boundingBox();
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2);
  const tip = page.locator('.tip');
  assert.match(await tip.textContent(), /^1[23]\d(\.\d)? ns/, 'the value after the change');
  assert.match(await tip.textContent(), /on main.*UTC.*Xeon/s);
  await picture(page, 'benchmark-light');
  done('hovering shows value, commit, branch, time and machine');

  const axis = () => page.locator('.plot text').allTextContents();
  const before = await axis();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 120, { steps: 5 });
  await page.mouse.up();
  assert.notDeepEqual(await axis(), before);
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.mouse.move(0, 0);
  assert.deepEqual(await axis(), before);
  await plot.focus();
  await page.keyboard.press('End');
  const newest = await tip.textContent();
  await page.keyboard.press('ArrowLeft');
  assert.notEqual(await tip.textContent(), newest);
  await page.keyboard.press('+');
  assert.notDeepEqual(await axis(), before);
  await page.keyboard.press('0');
  assert.match(await page.locator('[aria-live]').textContent(), /ns/);
  done('zoom by mouse, buttons and keys; the cursor by keys, spoken');

  await page.getByRole('button', { name: /dark theme/ }).click();
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(13, 17, 23)');
  await picture(page, 'benchmark-dark');
  await page.keyboard.press('Escape');
  await visible(page).first().waitFor();
  await picture(page, 'overview-dark');
  done('the dark theme, and Escape back to the overview');

  const key = (await visible(page).nth(1).locator('a').getAttribute('href')).slice(1);
  const linked = await open(small, `#${key}`, { colorScheme: 'dark', viewport: { width: 390, height: 800 } });
  await linked.locator('.plot svg').waitFor();
  assert.equal(await linked.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'no sideways scrolling');
  await picture(linked, 'benchmark-narrow');
  await linked.goto(`${address(small)}#/0000000000000000`);
  assert.ok(await linked.getByText('There is no such benchmark any more.').isVisible());
  done('a page can be linked to, on a narrow screen too; a link to nothing says so');

  // ---- Two thousand series of a thousand runs.
  // The best of a few tries: other work on the machine is not what is asked about.
  let loaded = Infinity;
  for (let tries = 0; tries < 8 && loaded >= 3000; tries += 1) {
    await page.close();
    const begun = performance.now();
    page = await open(large);
    await visible(page).nth(199).waitFor();
    await page.evaluate(() => new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then))));
    loaded = Math.min(loaded, performance.now() - begun);
  }
  assert.match(await page.locator('.count').textContent(), /2,000 series/);
  await page.keyboard.press('End');
  await visible(page).nth(399).waitFor();
  const search = performance.now();
  await page.locator('#search').fill('case_17');
  await page.getByText('111 of 2,000 series').waitFor();
  const narrowed = performance.now() - search;
  await visible(page).first().locator('a').click();
  const clicked = performance.now();
  await page.locator('.plot .series').waitFor();
  console.log(`2,000 series of 1,000 runs: loaded in ${loaded.toFixed(0)} ms, searched in ${narrowed.toFixed(0)} ms, a page in ${(performance.now() - clicked).toFixed(0)} ms`);
  assert.ok(loaded < 3000, `loaded in ${loaded} ms`);
  await picture(page, 'large-benchmark');
  done('a large site loads in under three seconds');
} finally {
  await browser.close();
}
