'use strict';
// The pages: an overview with search and filters, and one page for each series. What is shown stands
// in the address, so that a page can be linked to. Text from data goes into the page as text only.
const gatehouse = (() => {
  const { chart, format, percent, svg } = gatehouseChart;
  const STATES = ['regressed', 'drifting', 'suspected', 'gone', 'sparse', 'improved', 'steady'];
  const MEANING = {
    regressed: 'The latest change of level, within thirty days, was for the worse.',
    drifting: 'It got worse in steps too small to be found one by one.',
    suspected: 'A change for the worse is suspected and not yet certain.',
    gone: 'The latest five runs of its suite did not measure it.',
    sparse: 'Fewer than ten runs: too few to say anything.',
    improved: 'The latest change of level, within thirty days, was for the better.',
    steady: 'No change of level in the last thirty days.',
  };
  // So many rows are made at a time, the next ones as one comes near the end.
  const ROWS = 200;
  const content = document.getElementById('content');
  const details = new Map();
  let overview = null;
  let plot = null;
  // What is searched for stays when one comes back from a page.
  const filter = { text: '', states: new Set(), suite: '', scroll: 0, rows: ROWS };

  const element = (name, attributes = {}, ...children) => {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === 'on') for (const [event, action] of Object.entries(value)) node.addEventListener(event, action);
      else if (value === true) node.setAttribute(key, '');
      else if (value !== false && value !== undefined && value !== null) node.setAttribute(key, value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };
  const date = (seconds) => (seconds === undefined ? null : new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ') + ' UTC');
  const short = (sha) => (/^[0-9a-f]{40,}$/.test(sha) ? sha.slice(0, 10) : sha);
  const commitOf = (runs, run) => runs.commit[run] ?? `#${run}`;
  const link = (path, words) => (overview.repository ? element('a', { href: `${overview.repository}/${path}`, rel: 'noopener noreferrer' }, words) : words);
  const commitLink = (runs, run) => {
    const sha = commitOf(runs, run);
    const words = element('code', {}, short(sha));
    return runs.commit[run] ? link(`commit/${sha}`, words) : words;
  };
  const badge = (state) => element('span', { class: `badge ${state}`, title: MEANING[state] }, state);

  // ---- The overview.

  const spark = (card) => {
    const picture = svg('svg', { class: `spark ${card.health}`, viewBox: '0 0 100 30', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
    const heights = card.spark;
    const step = 100 / Math.max(1, heights.length - 1);
    const y = (height) => 28 - height * 0.26;
    picture.append(svg('path', { d: heights.map((height, at) => `${at ? 'L' : 'M'}${(at * step).toFixed(1)} ${y(height).toFixed(1)}`).join('') }));
    return picture;
  };

  const row = (card) => {
    const runs = overview.suites[card.suite];
    const inSuite = overview.suites.length > 1 ? `${runs.name} · ` : '';
    const node = element('a', { class: 'row', href: `#/${card.key}` },
      badge(card.health),
      element('span', { class: 'name' }, card.benchmark, element('span', {}, `${inSuite}${card.metric}`)),
      spark(card),
      element('span', { class: 'n' }, format(card.latest, card.unit)),
      element('span', { class: `n ${turn(card)}` }, card.change === null ? '–' : percent(card.change)),
      element('span', { class: 'n runs muted' }, `${card.points.toLocaleString('en')} runs`));
    return element('li', {}, node);
  };

  const turn = (card) => {
    if (card.change === null || card.direction === 'unknown') return '';
    return (card.change > 0) === (card.direction === 'lower-is-better') ? 'worse' : 'better';
  };

  const showOverview = () => {
    document.title = overview.title;
    const all = overview.series.map((card) => ({
      card,
      text: `${card.benchmark} ${card.metric} ${overview.suites[card.suite].name}`.toLowerCase(),
    }));
    let fitting = [];
    const list = element('ul', { class: 'list' });
    const more = element('button', { type: 'button', hidden: true });
    const counted = element('span', { class: 'count', role: 'status' });
    const nothing = element('p', { class: 'muted', hidden: true }, 'No benchmark matches.');
    const search = element('input', { type: 'search', id: 'search', placeholder: 'Search benchmarks  ( / )', 'aria-label': 'Search benchmarks', value: filter.text });
    const extend = (upTo) => {
      const from = list.children.length;
      filter.rows = Math.max(ROWS, Math.min(upTo, fitting.length));
      list.append(...fitting.slice(from, filter.rows).map(({ card }) => row(card)));
      const left = fitting.length - list.children.length;
      more.hidden = left <= 0;
      more.textContent = `Show more (${left.toLocaleString('en')} left)`;
    };
    const apply = (rows = ROWS) => {
      const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
      fitting = all.filter(({ card, text }) => (filter.states.size === 0 || filter.states.has(card.health))
        && (filter.suite === '' || overview.suites[card.suite].name === filter.suite)
        && words.every((word) => text.includes(word)));
      const [shown, whole] = [fitting.length.toLocaleString('en'), all.length.toLocaleString('en')];
      counted.textContent = shown === whole ? `${shown} series` : `${shown} of ${whole} series`;
      nothing.hidden = fitting.length > 0;
      list.replaceChildren();
      extend(rows);
    };
    more.addEventListener('click', () => extend(list.children.length + ROWS));
    new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting) && !more.hidden) extend(list.children.length + ROWS);
    }, { rootMargin: '600px' }).observe(more);
    search.addEventListener('input', () => {
      filter.text = search.value;
      apply();
    });
    const states = STATES.map((state) => {
      const count = overview.series.filter((card) => card.health === state).length;
      if (count === 0) return null;
      const button = element('button', { type: 'button', class: state, title: MEANING[state], 'aria-pressed': String(filter.states.has(state)) }, `${count.toLocaleString('en')} ${state}`);
      button.addEventListener('click', () => {
        if (!filter.states.delete(state)) filter.states.add(state);
        button.setAttribute('aria-pressed', String(filter.states.has(state)));
        apply();
      });
      return button;
    });
    let suites = null;
    if (overview.suites.length > 1) {
      suites = element('select', { 'aria-label': 'Suite' }, element('option', { value: '' }, 'All suites'),
        ...overview.suites.map((suite) => element('option', { value: suite.name, selected: suite.name === filter.suite }, suite.name)));
      suites.addEventListener('change', () => {
        filter.suite = suites.value;
        apply();
      });
    }
    list.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
      const shown = [...list.children];
      const at = shown.indexOf(document.activeElement?.closest('li'));
      const next = shown[at + (event.key === 'ArrowDown' ? 1 : -1)];
      if (at < 0 || !next) return;
      event.preventDefault();
      next.firstElementChild.focus();
    });
    search.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowDown') return;
      event.preventDefault();
      list.querySelector('a')?.focus();
    });
    const head = element('div', { class: 'row head', 'aria-hidden': 'true' }, element('span', {}, 'state'), element('span', {}, 'benchmark'),
      element('span', {}, 'history'), element('span', { class: 'n' }, 'latest'), element('span', { class: 'n' }, 'last change'), element('span', { class: 'n' }, ''));
    content.replaceChildren(element('div', { class: 'tools' }, search, suites, ...states.filter(Boolean), counted), head, list, more, nothing);
    apply(filter.rows);
    window.scrollTo(0, filter.scroll);
  };

  // ---- A series.

  const showSeries = (card) => {
    document.title = `${card.benchmark} · ${overview.title}`;
    const runs = overview.suites[card.suite];
    const title = element('h2', { tabindex: '-1' }, card.benchmark);
    const better = { 'lower-is-better': 'lower is better', 'higher-is-better': 'higher is better' }[card.direction] ?? 'direction not known';
    const facts = element('p', {}, badge(card.health), ` ${MEANING[card.health]}`);
    const about = element('p', { class: 'muted' }, `${runs.name ? `${runs.name} · ` : ''}${card.metric} · ${better} · latest ${format(card.latest, card.unit)}`);
    const place = element('div', {}, element('p', { class: 'muted' }, 'Loading…'));
    content.replaceChildren(element('p', {}, element('a', { href: '#/' }, '← All benchmarks')), title, facts, about, place);
    window.scrollTo(0, 0);
    title.focus();
    load(card.key, (data) => {
      if (location.hash !== `#/${card.key}`) return;
      if (data === null) place.replaceChildren(element('p', { class: 'worse' }, `The data file data/${card.key}.js cannot be loaded. Was the whole folder copied?`));
      else fill(place, card, runs, data);
    });
  };

  const fill = (place, card, runs, data) => {
    const host = element('div', { class: 'plot' });
    const texts = (at) => {
      const run = data.run[at];
      const [low, high] = [data.low[at], data.high[at]];
      return [
        format(data.value[at], card.unit),
        low !== undefined && low !== null ? `middle half of samples ${format(low, card.unit)} to ${format(high, card.unit)}` : null,
        `${short(commitOf(runs, run))}${runs.branch[run] !== undefined && runs.branches[runs.branch[run]] ? ` on ${runs.branches[runs.branch[run]]}` : ''}`,
        date(runs.time[run]),
        runs.machines[runs.machine[run]],
      ].filter(Boolean);
    };
    const open = (at) => {
      const sha = runs.commit[data.run[at]];
      if (sha && overview.repository) window.open(`${overview.repository}/commit/${sha}`, '_blank', 'noopener,noreferrer');
    };
    const count = data.changes.length;
    const label = `${card.benchmark}, ${card.metric}: ${data.total} runs, ${count} ${count === 1 ? 'change' : 'changes'} of level. Arrow keys move through the runs, plus and minus zoom, 0 shows all.`;
    const button = (words, action, title) => element('button', { type: 'button', title, on: { click: action } }, words);
    const zero = element('button', { type: 'button', 'aria-pressed': 'false', title: 'Whether the axis begins at zero' }, 'From zero');
    zero.addEventListener('click', () => {
      const on = zero.getAttribute('aria-pressed') !== 'true';
      zero.setAttribute('aria-pressed', String(on));
      plot.fromZero(on);
    });
    const reset = button('Show all', () => plot.reset(), 'Key 0, or a double click');
    reset.hidden = true;
    host.addEventListener('zoomed', (event) => {
      reset.hidden = !event.detail;
    });
    const bar = element('div', { class: 'plotbar' }, button('Zoom in', () => plot.zoomIn(), 'Key +'), button('Zoom out', () => plot.zoomOut(), 'Key -'), reset, zero,
      element('span', { class: 'muted' }, 'Drag to zoom; click a point for its commit.'));
    const shown = data.value.length < data.total ? element('p', { class: 'muted' }, `${data.value.length.toLocaleString('en')} of ${data.total.toLocaleString('en')} runs are drawn, chosen so that the picture is the same.`) : null;
    const legend = element('ul', { class: 'legend' },
      element('li', {}, 'dashed: the level'),
      data.levels.some((level) => level.band) ? element('li', {}, 'shaded: where 99 of 100 runs fall while nothing changes') : null,
      ...(runs.machines.length > 1 ? runs.machines.map((machine, at) => element('li', {}, element('span', { class: `swatch m${at % 8}` }), machine)) : [runs.machines[0] ? element('li', {}, `machine: ${runs.machines[0]}`) : null]));
    place.replaceChildren(bar, host, shown ?? '', legend, changes(card, runs, data), latest(card, runs, data));
    plot = chart(host, data, runs, card, { texts, open, label });
  };

  const changes = (card, runs, data) => {
    if (data.changes.length === 0 && data.drifts.length === 0) {
      return element('div', {}, element('h3', {}, 'Changes of level'), element('p', { class: 'muted' }, 'None was found.'));
    }
    const rows = [...data.changes].reverse().map((change) => {
      const range = change.after === null ? commitLink(runs, change.run)
        : runs.commit[change.run] ? link(`compare/${commitOf(runs, change.after)}...${commitOf(runs, change.run)}`, element('code', {}, `${short(commitOf(runs, change.after))}…${short(commitOf(runs, change.run))}`))
          : element('code', {}, `#${change.after}…#${change.run}`);
      return element('tr', {},
        element('td', { class: change.turn }, change.turn),
        element('td', { class: 'n' }, change.change ? percent(change.change.estimate) : '–'),
        element('td', { class: 'n' }, change.change ? `${percent(change.change.low)} to ${percent(change.change.high)}` : ''),
        element('td', { class: 'n' }, `${format(change.levels[0], card.unit)} → ${format(change.levels[1], card.unit)}`),
        element('td', {}, change.certainty),
        element('td', {}, range),
        element('td', {}, date(runs.time[change.run]) ?? ''),
        element('td', {}, element('button', { type: 'button', on: { click: () => plot.show(change.run) } }, 'Show')));
    });
    const heads = ['turn', 'change', '95 % interval', 'level', 'certainty', 'commits', 'first run', ''];
    return element('div', {}, element('h3', {}, 'Changes of level'),
      data.changes.length === 0 ? null : element('div', { class: 'scroll' }, element('table', {},
        element('thead', {}, element('tr', {}, ...heads.map((head, at) => element('th', { class: at > 0 && at < 4 ? 'n' : false, scope: 'col' }, head)))),
        element('tbody', {}, ...rows))),
      ...data.drifts.map((drift) => element('p', {}, `Drift, ${drift}`)));
  };

  const latest = (card, runs, data) => {
    const places = data.run.map((_, at) => at).slice(-30).reverse();
    const rows = places.map((at) => element('tr', {},
      element('td', { class: 'n' }, format(data.value[at], card.unit)),
      element('td', {}, commitLink(runs, data.run[at])),
      element('td', {}, date(runs.time[data.run[at]]) ?? ''),
      element('td', {}, runs.branches[runs.branch[data.run[at]]] ?? ''),
      element('td', {}, runs.machines[runs.machine[data.run[at]]] ?? '')));
    return element('details', {}, element('summary', {}, `The latest ${places.length} runs as a table`),
      element('div', { class: 'scroll' }, element('table', {},
        element('thead', {}, element('tr', {}, ...['value', 'commit', 'time', 'branch', 'machine'].map((head, at) => element('th', { class: at === 0 ? 'n' : false, scope: 'col' }, head)))),
        element('tbody', {}, ...rows))));
  };

  // A page from a folder may not read files, but it may load scripts.
  const load = (key, then) => {
    if (details.has(key)) {
      then(details.get(key));
      return;
    }
    const script = element('script', { src: `data/${key}.js` });
    script.addEventListener('load', () => {
      script.remove();
      then(details.get(key) ?? null);
    });
    script.addEventListener('error', () => {
      script.remove();
      then(null);
    });
    document.head.append(script);
  };

  // ---- Finding one's way.

  const route = () => {
    plot?.stop();
    plot = null;
    const key = location.hash.replace(/^#\/?/, '');
    if (key === '') {
      showOverview();
      return;
    }
    const card = overview.series.find((known) => known.key === key);
    if (card) showSeries(card);
    else content.replaceChildren(element('p', {}, 'There is no such benchmark any more. ', element('a', { href: '#/' }, 'All benchmarks')));
  };

  const theme = (() => {
    const button = document.getElementById('theme');
    const asked = matchMedia('(prefers-color-scheme: dark)');
    let kept = null;
    try {
      kept = localStorage.getItem('gatehouse-theme');
    } catch {
      // From a folder there may be no storage: the system's theme is used.
    }
    const set = (name) => {
      document.documentElement.dataset.theme = name;
      button.textContent = name === 'dark' ? 'Light' : 'Dark';
      button.setAttribute('aria-label', `Switch to the ${name === 'dark' ? 'light' : 'dark'} theme`);
    };
    const now = () => kept ?? (asked.matches ? 'dark' : 'light');
    asked.addEventListener('change', () => set(now()));
    button.addEventListener('click', () => {
      kept = now() === 'dark' ? 'light' : 'dark';
      try {
        localStorage.setItem('gatehouse-theme', kept);
      } catch {
        // It then lasts until the page is left.
      }
      set(kept);
    });
    return () => set(now());
  })();

  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === '/' && !typing) {
      const search = document.getElementById('search');
      if (search) {
        event.preventDefault();
        search.focus();
      }
    } else if (event.key === 'Escape') {
      if (typing && event.target.value) return;
      if (location.hash.length > 2) location.hash = '#/';
    }
  });
  // The overview is built anew on coming back: where one was is kept as one leaves it.
  addEventListener('click', (event) => {
    if (event.target.closest?.('a.row')) filter.scroll = window.scrollY;
  }, true);
  addEventListener('hashchange', route);
  theme();

  return {
    overview: (value) => {
      overview = value;
      const newest = Math.max(...overview.suites.flatMap((suite) => suite.time.slice(-1)), 0);
      document.getElementById('subtitle').textContent = [
        overview.repository?.replace(/^https?:\/\/[^/]+\//, ''),
        newest > 0 ? `latest run ${date(newest)}` : null,
        `made ${overview.generated.slice(0, 16).replace('T', ' ')} UTC`,
      ].filter(Boolean).join(' · ');
      route();
    },
    series: (key, value) => details.set(key, value),
  };
})();
