// Draws the timeline into its canvas. A script of the page itself: it sees nothing but the data beside it.
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const canvas = document.getElementById('timeline');
  const readout = document.getElementById('readout');
  const context = canvas.getContext('2d');
  const gutter = 92;
  const rows = {
    events: { top: 4, height: 84, name: '' },
    said: { top: 90, height: 16, name: '' },
    microphone: { top: 106, height: 110, name: 'microphone' },
    probability: { top: 228, height: 70, name: 'speech' },
    states: { top: 312, height: 30, name: 'state' },
    answered: { top: 350, height: 16, name: '' },
    loudspeaker: { top: 366, height: 120, name: 'loudspeaker' },
    axis: { top: 494, height: 26, name: '' },
  };
  const eventTypes = ['filler', 'held-back', 'reply', 'duck', 'cut', 'restore', 'lost', 'back', 'voice'];
  const eventNames = {
    'held-back': 'no filler',
    lost: 'service lost',
    back: 'service back',
    voice: 'voice changed',
  };
  const shortestViewMs = 100;
  let from = 0;
  let to = data.durationMs;
  let pointerX = null;

  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const font = (size, weight = 400) =>
    `${weight} ${size}px system-ui, "Segoe UI", "Liberation Sans", sans-serif`;
  const seconds = (ms, digits) => `${(ms / 1000).toFixed(digits)} s`;

  function draw() {
    const ratio = window.devicePixelRatio || 1;
    const width = canvas.clientWidth;
    const height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const plot = width - gutter;
    const x = (ms) => gutter + ((ms - from) / (to - from)) * plot;

    drawAxis(x, plot);
    context.save();
    context.beginPath();
    context.rect(gutter, 0, plot, height);
    context.clip();
    drawEventLines(x);
    for (const name of ['microphone', 'loudspeaker']) {
      drawWave(context, data[name], { ...rows[name], left: gutter, width: plot, from, to }, color(name));
    }
    drawProbability(x);
    drawStates(x);
    drawWords(x);
    drawEventLabels(x, width);
    drawPointer(x);
    context.restore();
    drawNames();
  }

  function drawNames() {
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    context.font = font(13, 600);
    for (const [key, row] of Object.entries(rows)) {
      context.fillStyle = color(
        key === 'microphone' || key === 'loudspeaker' || key === 'probability' ? key : 'ink',
      );
      context.fillText(row.name, 0, row.top + row.height / 2);
    }
  }

  function drawAxis(x, plot) {
    const wanted = ((to - from) / plot) * 90;
    const step =
      [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 30000, 60000].find((ms) => ms >= wanted) ?? 120000;
    context.font = font(12);
    context.textAlign = 'center';
    context.textBaseline = 'top';
    for (let ms = Math.ceil(from / step) * step; ms <= to; ms += step) {
      context.strokeStyle = color('line');
      context.lineWidth = 1;
      line(x(ms), rows.said.top, x(ms), rows.axis.top + 3);
      context.fillStyle = color('soft');
      const inside = Math.min(Math.max(x(ms), gutter + 12), gutter + plot - 16);
      context.fillText(seconds(ms, step < 100 ? 2 : step < 1000 ? 1 : 0), inside, rows.axis.top + 6);
    }
  }

  function line(x1, y1, x2, y2) {
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  }

  // One column per pixel: the lowest and the highest sample that fall into it. Scaled to the loudest of the recording.
  function drawWave(target, sound, box, fill) {
    const middle = box.top + box.height / 2;
    const half = (box.height / 2 - 1) / loudestOf(sound);
    const msPerPixel = (box.to - box.from) / box.width;
    target.fillStyle = fill;
    for (let column = 0; column < box.width; column++) {
      const first = Math.max(0, Math.floor((box.from + column * msPerPixel) / sound.stepMs));
      const last = Math.max(first + 1, Math.floor((box.from + (column + 1) * msPerPixel) / sound.stepMs));
      let low = 0;
      let high = 0;
      for (let i = first; i < last && i < sound.max.length; i++) {
        low = Math.min(low, sound.min[i]);
        high = Math.max(high, sound.max[i]);
      }
      target.fillRect(box.left + column, middle - high * half, 1, Math.max(1, (high - low) * half));
    }
  }

  function loudestOf(sound) {
    let loudest = 0.05;
    for (const value of sound.max) loudest = Math.max(loudest, value);
    for (const value of sound.min) loudest = Math.max(loudest, -value);
    return loudest;
  }

  // The moments around one barge-in, both sounds one above the other, on the scale of the bars below.
  function drawMoment(moment) {
    const bargeIn = data.bargeIns[Number(moment.dataset.bargeIn)];
    const ratio = window.devicePixelRatio || 1;
    const width = moment.clientWidth;
    const height = moment.clientHeight;
    moment.width = Math.round(width * ratio);
    moment.height = Math.round(height * ratio);
    const target = moment.getContext('2d');
    target.setTransform(ratio, 0, 0, ratio, 0, 0);
    const scaleMs = Number(moment.dataset.scaleMs);
    const start = bargeIn.speechOnsetMs + Number(moment.dataset.fromMs);
    const box = { left: 0, width, height: height / 2 - 4, from: start, to: start + scaleMs };
    drawWave(target, data.microphone, { ...box, top: 2 }, color('microphone'));
    drawWave(target, data.loudspeaker, { ...box, top: height / 2 + 2 }, color('loudspeaker'));
    const marks = [
      [bargeIn.speechOnsetMs, 'ink'],
      [bargeIn.duckedMs, 'duck'],
      [bargeIn.silentMs, 'cut'],
      [bargeIn.restoredMs, 'restore'],
    ];
    for (const [ms, name] of marks.filter(([at]) => at !== null)) {
      target.fillStyle = color(name);
      target.fillRect(Math.round(((ms - start) / scaleMs) * width), 0, 1.5, height);
    }
  }

  function drawProbability(x) {
    const { top, height } = rows.probability;
    const y = (p) => top + height - p * height;
    const { start, stop } = data.thresholds ?? { start: 0.5, stop: 0.35 };
    context.setLineDash([4, 4]);
    context.strokeStyle = color('soft');
    context.fillStyle = color('soft');
    context.lineWidth = 1;
    for (const level of [start, stop]) line(gutter, y(level), canvas.clientWidth, y(level));
    context.setLineDash([]);
    context.strokeStyle = color('probability');
    context.lineWidth = 1.5;
    context.beginPath();
    data.speechProbability.forEach(([ms, p], i) => {
      if (i === 0) context.moveTo(x(ms), y(p));
      else context.lineTo(x(ms), y(p));
    });
    context.stroke();
    const last = data.speechProbability.at(-1);
    if (last === undefined) return;
    context.lineTo(x(last[0]), y(0));
    context.lineTo(x(data.speechProbability[0][0]), y(0));
    context.globalAlpha = 0.18;
    context.fillStyle = color('probability');
    context.fill();
    context.globalAlpha = 1;
  }

  function drawStates(x) {
    const { top, height } = rows.states;
    context.font = font(12);
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    for (const state of data.states) {
      const left = Math.max(gutter, x(state.fromMs));
      const right = Math.min(canvas.clientWidth, x(state.toMs));
      if (right < gutter || left > canvas.clientWidth) continue;
      context.fillStyle = color(state.name);
      context.fillRect(left, top, Math.max(1, right - left - 0.5), height);
      if (context.measureText(state.name).width + 8 < right - left) {
        context.fillStyle = color('ink');
        context.fillText(state.name, (left + right) / 2, top + height / 2);
      }
    }
  }

  // What was said under the microphone's sound, up to where it ended; the answer where it begins.
  function drawWords(x) {
    context.font = font(12);
    context.textBaseline = 'alphabetic';
    let free = gutter;
    let taken = gutter;
    data.turns.forEach((turn, i) => {
      const right = x(turn.endOfSpeechMs);
      const next = data.turns[i + 1];
      const listened = data.states
        .filter((s) => s.name === 'listening' && s.fromMs < turn.endOfSpeechMs)
        .at(-1);
      const left = Math.max(free, listened === undefined ? gutter : x(listened.fromMs));
      context.fillStyle = color('microphone');
      context.textAlign = 'left';
      context.fillText(fitted(turn.said, Math.max(right, left + 40) - left), left, rows.said.top + 12);
      free = right + 8;
      if (turn.firstReplyHeardMs === null) return;
      const replyLeft = Math.max(taken, x(turn.firstReplyHeardMs));
      const end = turn.firstReplyHeardMs + Math.max(turn.replyHeardMs, 400);
      const border = next?.firstReplyHeardMs == null ? canvas.clientWidth : x(next.firstReplyHeardMs) - 8;
      const until = Math.min(x(end) + 60, border, canvas.clientWidth);
      context.fillStyle = color('loudspeaker');
      context.fillText(fitted(turn.answered, until - replyLeft), replyLeft, rows.answered.top + 12);
      taken = until;
    });
  }

  function fitted(text, room) {
    if (context.measureText(text).width <= room) return text;
    let length = text.length;
    while (length > 0 && context.measureText(`${text.slice(0, length)}…`).width > room) length--;
    return length < 4 ? '' : `${text.slice(0, length)}…`;
  }

  function eventColor(type) {
    return color(eventTypes.includes(type) ? type : 'other');
  }

  function drawEventLines(x) {
    context.lineWidth = 1;
    for (const event of data.events) {
      context.strokeStyle = eventColor(event.type);
      context.globalAlpha = 0.75;
      line(
        Math.round(x(event.atMs)) + 0.5,
        rows.events.top,
        Math.round(x(event.atMs)) + 0.5,
        rows.loudspeaker.top + rows.loudspeaker.height,
      );
      context.globalAlpha = 1;
    }
  }

  // Labels go into the first lane where they do not run into the one before; one that fits nowhere stays a flag.
  function drawEventLabels(x, width) {
    const lanes = [gutter, gutter, gutter, gutter, gutter];
    const laneHeight = 16;
    context.font = font(11.5, 600);
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    for (const event of data.events) {
      const left = Math.round(x(event.atMs));
      if (left < gutter - 200 || left > width) continue;
      const room = context.measureText(event.label).width + 10;
      const start = Math.min(left, width - room);
      const lane = lanes.findIndex((end) => end <= start);
      context.fillStyle = eventColor(event.type);
      if (lane < 0) {
        context.fillRect(left, rows.events.top, 4, 6);
        continue;
      }
      const top = rows.events.top + lane * laneHeight;
      context.fillRect(start, top, room, laneHeight - 2);
      context.fillStyle = color('card');
      context.fillText(event.label, start + 5, top + laneHeight / 2 - 0.5);
      lanes[lane] = start + room + 3;
    }
  }

  function drawPointer(x) {
    readout.hidden = pointerX === null;
    if (pointerX === null) return;
    const ms = from + ((pointerX - gutter) / (canvas.clientWidth - gutter)) * (to - from);
    context.strokeStyle = color('ink');
    line(x(ms), rows.microphone.top, x(ms), rows.axis.top);
    const state = data.states.find((s) => s.fromMs <= ms && ms < s.toMs);
    const score = data.speechProbability.findLast(([at]) => at <= ms);
    const event = data.events.toSorted((a, b) => Math.abs(a.atMs - ms) - Math.abs(b.atMs - ms))[0];
    const lines = [
      `${seconds(ms, 3)}   ${state?.name ?? ''}`,
      `speech ${score === undefined ? '-' : score[1].toFixed(2)}`,
    ];
    if (event !== undefined && Math.abs(event.atMs - ms) < (to - from) / 60) {
      lines.push(`${event.label}   ${seconds(event.atMs, 3)}`);
    }
    readout.textContent = lines.join('\n');
    const room = readout.offsetWidth + 12;
    readout.style.left = `${pointerX + room > canvas.clientWidth ? pointerX - room : pointerX + 12}px`;
    readout.style.top = `${rows.states.top + rows.states.height + 4}px`;
  }

  function show(newFrom, length) {
    const span = Math.min(data.durationMs, Math.max(shortestViewMs, length));
    from = Math.min(Math.max(0, newFrom), data.durationMs - span);
    to = from + span;
    draw();
  }

  function zoom(factor, aroundMs) {
    const length = (to - from) * factor;
    show(aroundMs - ((aroundMs - from) / (to - from)) * length, length);
  }

  canvas.addEventListener(
    'wheel',
    (event) => {
      event.preventDefault();
      const at = from + ((event.offsetX - gutter) / (canvas.clientWidth - gutter)) * (to - from);
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY))
        show(from + (event.deltaX / 600) * (to - from), to - from);
      else zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2, Math.min(to, Math.max(from, at)));
    },
    { passive: false },
  );
  canvas.addEventListener('pointerdown', (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener('pointermove', (event) => {
    pointerX = event.offsetX < gutter ? null : event.offsetX;
    if (event.buttons === 1)
      show(from - (event.movementX / (canvas.clientWidth - gutter)) * (to - from), to - from);
    else draw();
  });
  canvas.addEventListener('pointerleave', () => {
    pointerX = null;
    draw();
  });
  window.addEventListener('keydown', (event) => {
    const step = (to - from) / 5;
    const keys = {
      '+': () => zoom(1 / 1.5, (from + to) / 2),
      '=': () => zoom(1 / 1.5, (from + to) / 2),
      '-': () => zoom(1.5, (from + to) / 2),
      0: () => show(0, data.durationMs),
      ArrowLeft: () => show(from - step, to - from),
      ArrowRight: () => show(from + step, to - from),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || keys[event.key] === undefined) return;
    event.preventDefault();
    keys[event.key]();
  });

  function drawAll() {
    draw();
    for (const moment of document.querySelectorAll('canvas[data-barge-in]')) drawMoment(moment);
  }
  window.addEventListener('resize', drawAll);
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);

  const legend = document.getElementById('legend');
  const entries = [
    ...[...new Set(data.states.map((state) => state.name))].map((name) => [
      name,
      color(name),
      `state: ${name}`,
    ]),
    ...eventTypes
      .filter((type) => data.events.some((event) => event.type === type))
      .map((type) => [type, '', eventNames[type] ?? type]),
  ];
  for (const [name, , text] of entries) {
    const item = document.createElement('span');
    const swatch = document.createElement('i');
    swatch.className = eventTypes.includes(name) ? 'swatch mark' : 'swatch';
    swatch.style.background = `var(--${name})`;
    item.append(swatch, text);
    legend.append(item);
  }
  drawAll();
})();
