'use strict';
// One series as a chart: points, levels with their bands, changes of level, machines; zoom and a
// cursor by mouse, touch and keyboard. Text from data goes into the page as text only.
const gatehouseChart = (() => {
  const SVG = 'http://www.w3.org/2000/svg';
  const HEIGHT = 380;
  const MARGIN = { left: 76, right: 16, top: 26, bottom: 46 };
  // More points than this would hide one another: the line alone is drawn.
  const MOST_DOTS = 250;

  const svg = (name, attributes = {}, text) => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    if (text !== undefined) node.textContent = text;
    return node;
  };

  const digits = (value, count = 4) =>
    value === 0 ? '0' : Number(value.toPrecision(count)).toLocaleString('en', { maximumSignificantDigits: count });

  const scaled = (value, step, names) => {
    let at = 0;
    let size = Math.abs(value);
    while (size >= step && at < names.length - 1) {
      size /= step;
      at += 1;
    }
    return `${digits(Math.sign(value) * size)} ${names[at]}`.trim();
  };

  // A value in its unit, as a person would write it.
  const format = (value, unit) => {
    if (value === null || value === undefined || !Number.isFinite(value)) return '–';
    if (unit === 'ns') {
      if (Math.abs(value) < 1e9) return scaled(value, 1000, ['ns', 'µs', 'ms']);
      return `${digits(value / 1e9)} s`;
    }
    if (unit === 'bytes') return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
    if (unit === 'per-second') return `${scaled(value, 1000, ['', 'k', 'M', 'G', 'T'])}/s`.replace(' /', '/');
    if (unit === 'count') return Math.abs(value) < 1e5 ? digits(value, 6) : scaled(value, 1000, ['', 'k', 'M', 'G', 'T']);
    return `${digits(value)}${unit ? ` ${unit}` : ''}`;
  };

  const percent = (change) => {
    const value = change * 100;
    const shown = Math.abs(value) < 10 ? value.toFixed(1) : value.toFixed(0);
    return `${value > 0 ? '+' : ''}${shown.replace('-', '−')} %`;
  };

  // Round numbers for an axis, about `count` of them.
  const ticks = (low, high, count) => {
    const raw = (high - low) / Math.max(1, count);
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((k) => k >= raw) ?? raw;
    const list = [];
    for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) {
      list.push(Math.abs(value) < step * 1e-9 ? 0 : value);
    }
    return list;
  };

  // Draws into `host`. `data` is the series, `runs` its suite's columns, `meta` the overview's entry,
  // `texts(index)` gives the lines of the tip, `open(index)` follows a point.
  const chart = (host, data, runs, meta, { texts, open, label }) => {
    const count = data.value.length;
    const last = Math.max(1, (data.run[count - 1] ?? 0));
    const first = data.run[0] ?? 0;
    let view = [first, last];
    let fromZero = false;
    let cursor = null;
    let drag = null;
    let width = 800;

    const picture = svg('svg', { role: 'img', tabindex: '0', 'aria-label': label });
    const tip = document.createElement('div');
    tip.className = 'tip';
    tip.hidden = true;
    const spoken = document.createElement('div');
    spoken.className = 'visually-hidden';
    spoken.setAttribute('aria-live', 'polite');
    host.append(picture, tip, spoken);

    const inner = () => width - MARGIN.left - MARGIN.right;
    const x = (run) => MARGIN.left + ((run - view[0]) / (view[1] - view[0])) * inner();
    const runAt = (px) => view[0] + ((px - MARGIN.left) / inner()) * (view[1] - view[0]);
    let y = () => 0;

    const seen = () => {
      const list = [];
      for (let at = 0; at < count; at += 1) if (data.run[at] >= view[0] && data.run[at] <= view[1]) list.push(at);
      return list;
    };

    const range = (visible) => {
      const values = visible.map((at) => data.value[at]);
      let low = Math.min(...values);
      let high = Math.max(...values);
      for (const level of data.levels) {
        if (level.to < view[0] || level.from > view[1] || !level.band) continue;
        // A band far wider than the values would flatten them.
        const reach = (high - low || Math.abs(high)) * 0.5;
        low = Math.min(low, Math.max(level.band[0], low - reach));
        high = Math.max(high, Math.min(level.band[1], high + reach));
      }
      if (fromZero) low = Math.min(0, low), high = Math.max(0, high);
      const pad = (high - low) * 0.06 || Math.abs(high) * 0.05 || 1;
      return [fromZero && low >= 0 ? 0 : low - pad, high + pad];
    };

    const draw = () => {
      width = Math.max(320, host.clientWidth - 10);
      picture.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`);
      picture.setAttribute('height', HEIGHT);
      picture.replaceChildren();
      const visible = seen();
      if (visible.length === 0) return;
      const [low, high] = range(visible);
      const bottom = HEIGHT - MARGIN.bottom;
      y = (value) => bottom - ((value - low) / (high - low)) * (bottom - MARGIN.top);

      for (const value of ticks(low, high, 6)) {
        picture.append(svg('line', { class: 'grid', x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }));
        picture.append(svg('text', { x: MARGIN.left - 8, y: y(value) + 4, 'text-anchor': 'end' }, format(value, meta.unit)));
      }
      const wanted = Math.max(2, Math.floor(inner() / 130));
      let before = '';
      for (const run of ticks(view[0], view[1], wanted)) {
        const time = runs.time[Math.round(run)];
        const words = time === undefined ? `#${Math.round(run)}` : new Date(time * 1000).toISOString().slice(0, 10);
        if (words === before || run !== Math.round(run)) continue;
        before = words;
        picture.append(svg('text', { x: x(run), y: bottom + 32, 'text-anchor': 'middle' }, words));
        picture.append(svg('line', { class: 'grid', x1: x(run), x2: x(run), y1: bottom, y2: bottom + 18 }));
      }

      const clip = svg('clipPath', { id: 'plotarea' });
      clip.append(svg('rect', { x: MARGIN.left, y: MARGIN.top, width: inner(), height: bottom - MARGIN.top }));
      const area = svg('g', { 'clip-path': 'url(#plotarea)' });
      picture.append(clip, area);

      for (const level of data.levels) {
        if (level.to < view[0] || level.from > view[1]) continue;
        const [from, to] = [x(level.from - 0.5), x(level.to + 0.5)];
        if (level.band) {
          area.append(svg('rect', { class: 'band', x: from, width: to - from, y: y(level.band[1]), height: Math.max(0, y(level.band[0]) - y(level.band[1])) }));
        }
        area.append(svg('line', { class: 'level', x1: from, x2: to, y1: y(level.centre), y2: y(level.centre) }));
      }
      // The line goes on to the neighbours outside of the view.
      const from = Math.max(0, visible[0] - 1);
      const to = Math.min(count - 1, visible[visible.length - 1] + 1);
      let path = '';
      for (let at = from; at <= to; at += 1) path += `${path ? 'L' : 'M'}${x(data.run[at]).toFixed(1)} ${y(data.value[at]).toFixed(1)}`;
      area.append(svg('path', { class: 'series', d: path }));
      if (visible.length <= MOST_DOTS) {
        const radius = visible.length > 120 ? 2 : 3;
        for (const at of visible) area.append(svg('circle', { class: 'point', cx: x(data.run[at]), cy: y(data.value[at]), r: radius }));
      }

      if (runs.machines.length > 1) machines(visible, bottom);
      marks(bottom);
      if (drag && drag.to !== drag.from) {
        const [a, b] = [drag.from, drag.to].sort((p, q) => p - q);
        picture.append(svg('rect', { class: 'select', x: a, width: b - a, y: MARGIN.top, height: bottom - MARGIN.top }));
      }
      if (cursor !== null && data.run[cursor] >= view[0] && data.run[cursor] <= view[1]) pointer(bottom);
      else tip.hidden = true;
    };

    // A strip under the chart: which kind of machine each run had.
    const machines = (visible, bottom) => {
      let begin = 0;
      for (let at = 1; at <= visible.length; at += 1) {
        const kind = runs.machine[data.run[visible[begin]]];
        if (at < visible.length && runs.machine[data.run[visible[at]]] === kind) continue;
        const from = Math.max(MARGIN.left, x(data.run[visible[begin]] - 0.5));
        const to = Math.min(width - MARGIN.right, x(data.run[visible[at - 1]] + 0.5));
        picture.append(svg('rect', { class: `m${kind % 8}`, x: from, width: Math.max(1, to - from), y: bottom + 5, height: 7 }));
        begin = at;
      }
    };

    const marks = (bottom) => {
      let busyUntil = -Infinity;
      for (const change of data.changes) {
        if (change.run < view[0] || change.run > view[1]) continue;
        const at = x(change.run - 0.5);
        const group = svg('g', { class: change.turn });
        group.append(svg('line', { class: `mark ${change.certainty}`, x1: at, x2: at, y1: MARGIN.top, y2: bottom }));
        const words = change.change ? percent(change.change.estimate) : change.turn;
        if (at > busyUntil) {
          const end = at > width - 80;
          group.append(svg('text', { class: 'label', x: at, y: MARGIN.top - 8, 'text-anchor': end ? 'end' : 'start' }, `${words}${change.certainty === 'suspected' ? '?' : ''}`));
          busyUntil = at + 62;
        }
        // Marks stand above the points; their labels are outside of the plot's area.
        picture.append(group);
      }
    };

    const pointer = (bottom) => {
      const [px, py] = [x(data.run[cursor]), y(data.value[cursor])];
      picture.append(svg('line', { class: 'cursor', x1: px, x2: px, y1: MARGIN.top, y2: bottom }));
      const [low, high] = [data.low[cursor], data.high[cursor]];
      if (low !== undefined && low !== null && high !== undefined && high !== null) {
        picture.append(svg('line', { class: 'quartiles', x1: px, x2: px, y1: y(low), y2: y(high) }));
      }
      picture.append(svg('circle', { class: 'hit', cx: px, cy: py, r: 5 }));
      tip.replaceChildren();
      texts(cursor).forEach((line, place) => {
        const node = document.createElement(place === 0 ? 'b' : 'div');
        node.textContent = line;
        tip.append(node);
      });
      tip.hidden = false;
      const ratio = picture.clientWidth / width || 1;
      const left = px * ratio > picture.clientWidth / 2 ? px * ratio - tip.offsetWidth - 14 : px * ratio + 18;
      tip.style.left = `${Math.max(4, left)}px`;
      // In the half where the point is not, so that its neighbours stay in sight.
      const upper = py < (MARGIN.top + bottom) / 2;
      tip.style.top = `${upper ? bottom - tip.offsetHeight - 8 : MARGIN.top + 8}px`;
    };

    const place = (event) => {
      const box = picture.getBoundingClientRect();
      return Math.min(width - MARGIN.right, Math.max(MARGIN.left, ((event.clientX - box.left) / box.width) * width));
    };
    const nearest = (run) => {
      let [low, high] = [0, count - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (data.run[middle] < run) low = middle + 1;
        else high = middle;
      }
      return low > 0 && run - data.run[low - 1] < data.run[low] - run ? low - 1 : low;
    };
    const zoom = (from, to) => {
      const least = Math.min(4, last - first || 1);
      let [a, b] = [Math.max(first, from), Math.min(last, to)];
      if (b - a < least) {
        const middle = (a + b) / 2;
        [a, b] = [middle - least / 2, middle + least / 2];
      }
      view = last > first ? [Math.max(first, a), Math.min(last, Math.max(b, a + 1e-9))] : [first, first + 1];
      host.dispatchEvent(new CustomEvent('zoomed', { detail: view[0] > first || view[1] < last }));
      draw();
    };
    const factor = (k, around = (view[0] + view[1]) / 2) => zoom(around - (around - view[0]) * k, around + (view[1] - around) * k);
    const move = (to, speak) => {
      cursor = Math.min(count - 1, Math.max(0, to));
      const run = data.run[cursor];
      const size = view[1] - view[0];
      if (run < view[0]) zoom(run - size / 10, run + size * 0.9);
      else if (run > view[1]) zoom(run - size * 0.9, run + size / 10);
      else draw();
      if (speak) spoken.textContent = texts(cursor).join(', ');
    };

    picture.addEventListener('pointermove', (event) => {
      const px = place(event);
      if (drag) drag.to = px;
      cursor = nearest(runAt(px));
      draw();
    });
    picture.addEventListener('pointerdown', (event) => {
      if (event.button !== 0 || event.pointerType === 'touch') return;
      const px = place(event);
      drag = { from: px, to: px };
      picture.setPointerCapture(event.pointerId);
    });
    picture.addEventListener('pointerup', () => {
      if (!drag) return;
      const [a, b] = [drag.from, drag.to].sort((p, q) => p - q);
      drag = null;
      if (b - a > 6) zoom(runAt(a), runAt(b));
      else if (cursor !== null) open(cursor);
    });
    picture.addEventListener('pointerleave', () => {
      if (drag) return;
      cursor = null;
      draw();
    });
    picture.addEventListener('dblclick', () => zoom(first, last));
    picture.addEventListener('wheel', (event) => {
      // Without a key the page scrolls, as everywhere.
      if (!event.ctrlKey && !event.shiftKey) return;
      event.preventDefault();
      factor((event.deltaY || event.deltaX) > 0 ? 1.25 : 0.8, runAt(place(event)));
    }, { passive: false });
    picture.addEventListener('keydown', (event) => {
      const here = cursor ?? (event.key === 'ArrowRight' ? -1 : count);
      const stride = event.shiftKey ? 10 : 1;
      const actions = {
        ArrowLeft: () => move(here - stride, true),
        ArrowRight: () => move(here + stride, true),
        Home: () => move(0, true),
        End: () => move(count - 1, true),
        '+': () => factor(0.5, cursor === null ? undefined : data.run[cursor]),
        '=': () => factor(0.5, cursor === null ? undefined : data.run[cursor]),
        '-': () => factor(2),
        0: () => zoom(first, last),
        Enter: () => cursor !== null && open(cursor),
      };
      if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      actions[event.key]();
    });
    const observer = new ResizeObserver(() => draw());
    observer.observe(host);
    draw();
    return {
      zoomIn: () => factor(0.5),
      zoomOut: () => factor(2),
      reset: () => zoom(first, last),
      show: (run) => {
        const size = Math.max(20, (last - first) / 8);
        zoom(run - size, run + size);
        move(nearest(run), true);
      },
      fromZero: (on) => {
        fromZero = on;
        draw();
      },
      stop: () => observer.disconnect(),
    };
  };

  return { chart, format, percent, svg };
})();
