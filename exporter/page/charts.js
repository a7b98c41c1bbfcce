/* charts.js
 * Charts over time and other curves, drawn by uPlot; bars and the frame around each of them.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
"use strict";

/* Of screen colours, from page.css; on paper, dashes and greys tell series apart. */
const SERIES_COLOURS = 8;
const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [4, 4], [1, 4], [12, 4], [6, 2, 2, 2]];
const GREYS = ["#000", "#888", "#444", "#aaa", "#000", "#666", "#333", "#999"];
const SHADES = ["#555", "#bbb", "#888", "#ddd", "#333", "#eee", "#999", "#777"];

/* Every chart of the page, to be drawn again when its size or colours change. */
const charts = [];

const isOnPaper = () => document.documentElement.dataset.paper === "yes";
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function seriesColour(i) {
    return isOnPaper() ? GREYS[i % GREYS.length] : colour(`series-${i % SERIES_COLOURS}`);
}

/* Slanted lines, for what is not of good quality; drawn over a chart. */
function hatch(context, stroke, gap, isBackslash = false) {
    const tile = document.createElement("canvas"), ratio = devicePixelRatio || 1;
    const size = Math.max(4, Math.round(gap * ratio));

    tile.width = tile.height = size;
    const brush = tile.getContext("2d");
    brush.strokeStyle = stroke;
    brush.lineWidth = ratio;
    for (const shift of [-size, 0, size]) {
        brush.moveTo(shift, isBackslash ? 0 : size);
        brush.lineTo(shift + size, isBackslash ? size : 0);
    }
    brush.stroke();
    return context.createPattern(tile, "repeat");
}

/* The frame of a chart: title, what it shows with its unit, CSV, the drawing, and a key. */
function figure({ id, title, says, csv, body, key }) {
    return element("figure", { id, "aria-labelledby": `${id}-title` },
        element("figcaption", {},
            element("div", { class: "figure-head" }, element("h3", { id: `${id}-title` }, title), csv ? csvLink(...csv) : null),
            element("p", { class: "says" }, says)),
        body, key);
}

/* A label on the plot, kept inside of it. */
function writeLabel(u, text, x, y, align = "left") {
    const context = u.ctx, ratio = devicePixelRatio || 1, pad = 4 * ratio;

    context.font = `${11 * ratio}px system-ui, sans-serif`;
    const width = context.measureText(text).width;
    let left = align === "right" ? x - width - pad : x + pad;
    left = Math.min(Math.max(left, u.bbox.left + pad), u.bbox.left + u.bbox.width - width - pad);
    context.fillStyle = colour("card");
    context.globalAlpha = 0.8;
    context.fillRect(left - 2 * ratio, y - 7 * ratio, width + 4 * ratio, 14 * ratio);
    context.globalAlpha = 1;
    context.fillStyle = colour("text");
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.fillText(text, left, y);
}

/* Behind the curves: time that is not covered, and shades such as the busy hour. */
function drawBehind(u, chart) {
    const { ctx, bbox } = u;
    const fill = (from, to, style) => {
        const left = Math.max(u.valToPos(from, "x", true), bbox.left);
        const right = Math.min(u.valToPos(to, "x", true), bbox.left + bbox.width);
        ctx.fillStyle = style;
        if (right > left)
            ctx.fillRect(left, bbox.top, right - left, bbox.height);
    };

    ctx.save();
    for (const [from, to] of chart.holes || [])
        fill(from, to, colour("hole"));
    for (const shade of chart.shades || [])
        fill(shade.from, shade.to, colour("shade"));
    ctx.restore();
}

/* Before them: hatching, lines at limits, marks at times. */
function drawBefore(u, chart) {
    const { ctx, bbox } = u, ratio = devicePixelRatio || 1;
    const right = bbox.left + bbox.width, bottom = bbox.top + bbox.height;

    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = hatch(ctx, colour("hatch"), 7);
    for (const [from, to] of chart.doubtful || []) {
        const left = u.valToPos(from, "x", true);
        ctx.fillRect(left, bbox.top, Math.max(u.valToPos(to, "x", true) - left, 1), bbox.height);
    }
    ctx.lineWidth = ratio;
    ctx.strokeStyle = colour("limit");
    ctx.setLineDash([5 * ratio, 4 * ratio]);
    const stroke = (x0, y0, x1, y1) => {
        ctx.beginPath();
        ctx.moveTo(x0, y0);
        ctx.lineTo(x1, y1);
        ctx.stroke();
    };
    for (const limit of chart.limits || []) {
        const y = u.valToPos(limit.value, "y", true);
        if (y < bbox.top || y > bottom)
            continue;
        stroke(bbox.left, y, right, y);
        writeLabel(u, limit.label, right, y, "right");
    }
    (chart.marks || []).forEach((mark, i) => {
        const x = u.valToPos(mark.at, "x", true);
        if (x < bbox.left || x > right)
            return;
        stroke(x, bbox.top, x, bottom);
        writeLabel(u, mark.label, x, bbox.top + (10 + 16 * i) * ratio);
    });
    for (const shade of chart.shades || [])
        writeLabel(u, shade.label, Math.max(u.valToPos(shade.from, "x", true), bbox.left), bottom - 10 * ratio);
    ctx.restore();
}

/* Labels of a time axis: hours, and the day where one begins or at the first of them. */
function timeLabels(u, splits, axis, space, step) {
    let day = null;

    return splits.map(split => {
        const today = date(split);
        const short = today.split(" ").slice(0, 3).join(" ");
        const text = step >= 86400 ? short : clock(split, step < 60);
        const isNew = today !== day && step < 86400;
        day = today;
        return isNew ? `${text}\n${short}` : text;
    });
}

/* The series as uPlot wants them. A stack is drawn from its top, each part over the one above. */
function plotSeries(chart) {
    return chart.series.map((series, i) => {
        const stroke = seriesColour(series.colour ?? i), isArea = chart.stacked && !series.isLine;
        const fill = !isArea ? undefined : isOnPaper() ? SHADES[i % SHADES.length] : stroke;
        return {
            label: series.label,
            show: !series.hidden,
            stroke: chart.stacked && isOnPaper() ? "#000" : stroke,
            fill,
            width: isArea ? 0.3 : series.pale ? 1 : 1.6,
            dash: chart.stacked ? undefined : isOnPaper() ? DASHES[i % DASHES.length] : series.dash,
            alpha: series.pale ? 0.45 : 1,
            spanGaps: false,
            points: { show: false },
        };
    });
}

/* What is drawn: in a stack, the sum of a part and of all after it, so that the first is the highest; lines are not among them. */
function plotValues(chart) {
    if (!chart.stacked)
        return chart.series.map(series => series.values);
    const sums = new Array(chart.x.length).fill(null), drawn = [];
    for (let i = chart.series.length - 1; i >= 0; i--) {
        const { values, hidden, isLine } = chart.series[i];
        if (isLine) {
            drawn[i] = values;
            continue;
        }
        for (let at = 0; at < sums.length; at++)
            if (isKnown(values[at]) && !hidden)
                sums[at] = (sums[at] || 0) + values[at];
        drawn[i] = sums.slice();
    }
    return drawn;
}

/* The values under the cursor, in the key and for those who listen. */
function showValues(chart, at) {
    const isInside = at !== null && at !== undefined;

    chart.series.forEach((series, i) => {
        chart.cells[i].textContent = isInside ? chart.format(series.values[at]) : series.summary ?? "";
    });
    chart.where.textContent = isInside ? chart.at(chart.x[at]) : chart.summaryOf ?? "";
}

/* Steps between the labels of a time axis: none is shorter than an interval. */
function timeSteps(step_s) {
    const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 345600, 604800, 1209600, 2419200, 4838400];
    return steps.filter(step => step >= step_s || step >= 604800);
}

/* From the smallest value to above the limits, on a logarithmic scale. */
function logarithmicRange(low, limits) {
    return [10 ** Math.floor(Math.log10(Math.max(low || 1, 0.001))), Math.max(...limits) * 1.6];
}

function plotOptions(chart, width) {
    const axis = { stroke: colour("quiet"), font: "12px system-ui, sans-serif", grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false } };
    const limits = (chart.limits || []).map(limit => limit.value);

    return {
        width,
        height: chart.height || 220,
        legend: { show: false },
        cursor: {
            sync: chart.isOverTime ? { key: "time", scales: ["x", null] } : undefined,
            drag: { x: chart.isOverTime, y: false, setScale: true },
            points: { size: 5 },
            y: false,
        },
        scales: {
            x: { time: chart.isOverTime, range: chart.isOverTime ? undefined : [chart.x[0], chart.x[chart.x.length - 1]] },
            y: {
                distr: chart.isLogarithmic ? 3 : 1,
                range: (u, low, high) => (chart.isLogarithmic ? logarithmicRange(low, [high || 1, ...limits]) : [0, chart.top || (high || 1) * 1.08]),
            },
        },
        tzDate: value => uPlot.tzDate(new Date((value + DATA.utc_offset_s) * 1000), "Etc/UTC"),
        axes: [
            { ...axis, space: 70, size: chart.isOverTime ? 42 : 30, incrs: chart.steps, values: chart.isOverTime ? timeLabels : (u, splits) => splits.map(chart.labels) },
            { ...axis, size: 64, values: (u, splits) => splits.map(split => (split === null ? "" : chart.format(split))) },
        ],
        series: [{}, ...plotSeries(chart)],
        hooks: {
            drawClear: [u => drawBehind(u, chart)],
            draw: [u => drawBefore(u, chart)],
            setCursor: [u => showValues(chart, u.cursor.left >= 0 ? u.cursor.idx : null)],
        },
    };
}

/* Draws a chart, again if its size, colours or series have changed. */
function draw(chart) {
    const width = Math.floor(chart.box.clientWidth);

    if (!width)
        return;
    chart.plot?.destroy();
    chart.plot = new uPlot(plotOptions(chart, width), [chart.x, ...plotValues(chart)], chart.box);
}

function drawAll() {
    charts.forEach(draw);
}

/* The arrow keys move the cursor from value to value. */
function onKey(event, chart) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20, Home: -Infinity, End: Infinity };
    const last = chart.x.length - 1;

    if (event.key === "Escape")
        chart.plot.setCursor({ left: -10, top: -10 });
    if (!(event.key in steps) || !chart.plot)
        return;
    event.preventDefault();
    const at = Math.min(Math.max((chart.position ?? 0) + steps[event.key] * chart.stride, 0), last);
    chart.position = at;
    chart.plot.setCursor({ left: chart.plot.valToPos(chart.x[at], "x"), top: 10 });
    chart.said.textContent = `${chart.at(chart.x[at])}: ${chart.series.filter(series => !series.hidden)
        .map(series => `${series.label} ${chart.format(series.values[at])}`).join(", ")}`;
}

function swatch(chart, i) {
    const series = chart.series[i];
    const mark = element("svg", { class: "swatch", viewBox: "0 0 22 10", "aria-hidden": "true" });

    if (chart.stacked && !series.isLine)
        mark.append(element("rect", { width: 22, height: 10, class: `series-${(series.colour ?? i) % SERIES_COLOURS} shade-${i % SHADES.length}` }));
    else
        mark.append(element("line", { x1: 0, x2: 22, y1: 5, y2: 5, class: `series-${(series.colour ?? i) % SERIES_COLOURS} dash-${i % DASHES.length}`,
            "stroke-opacity": series.pale ? 0.45 : 1 }));
    return mark;
}

/* The key: a button for each series, which hides and shows it, with its value. */
function key(chart) {
    chart.cells = chart.series.map(() => element("span", { class: "value" }));
    chart.where = element("span", { class: "where" });
    const buttons = chart.series.map((series, i) => element("button", {
        type: "button", "aria-pressed": "true", click: event => {
            series.hidden = !series.hidden;
            event.currentTarget.setAttribute("aria-pressed", String(!series.hidden));
            draw(chart);
        },
    }, swatch(chart, i), element("span", {}, series.label), chart.cells[i]));
    return element("div", { class: "key" }, buttons, chart.where);
}

/*
 * A chart as a figure. `chart` has: id, title, says, csv; x, series of { label, values, summary }, format of a value, at: what
 * a position is called; description for those who do not see it. Optional: stacked (but for series with isLine), isOverTime, limits, marks, shades,
 * holes, doubtful, height, labels of x and the steps between them, top, isLogarithmic.
 */
function chartFigure(chart) {
    chart.stride ??= 1;
    chart.box = element("div", { class: "plot" });
    chart.said = element("span", { class: "unseen", "aria-live": "polite" });
    const body = element("div", {
        class: "focus", role: "img", tabindex: 0, "aria-label": `${chart.title}. ${chart.description}`, keydown: event => onKey(event, chart),
        blur: () => chart.plot?.setCursor({ left: -10, top: -10 }),
    }, chart.box);
    const made = figure({ ...chart, body: [body, chart.said], key: key(chart) });

    charts.push(chart);
    showValues(chart, null);
    return made;
}

/* --- over time --- */

/* Twice each point of the grid, so that a value stands for its whole interval. */
function twice(values) {
    return values.flatMap(value => [value, value]);
}

/* Runs of points for which `test` holds, as times. */
function runs(grid, test) {
    const found = [];

    for (let i = 0, begin = null; i <= grid.n; i++) {
        const holds = i < grid.n && test(i);
        if (holds && begin === null)
            begin = i;
        if (!holds && begin !== null) {
            found.push([grid.start_s + begin * grid.step_s, grid.start_s + i * grid.step_s]);
            begin = null;
        }
    }
    return found;
}

/* A chart of values by point of the grid; those of points that are not covered are gaps. */
function timeChart(chart, grid, load) {
    const isCovered = i => grid.covered_s[i] > 0;
    const shown = series => series.values.map((value, i) => (isCovered(i) && isKnown(value) ? value : null));

    chart.series.forEach(series => { series.points = shown(series); });
    const columns = ["start", ...chart.series.map(series => series.column)];
    const rows = grid.times.map((time, i) => [utc(time), ...chart.series.map(series => series.points[i])]);
    const most = chart.series.map(series => {
        const top = greatest(series.points);
        const at = top === null ? -1 : series.points.indexOf(top);
        series.summary ??= top === null ? "" : `max ${chart.format(top)}`;
        return top === null ? `${series.label}: unknown` : `${series.label}: at most ${chart.format(top)}, ${moment(grid.times[at])}`;
    });
    return chartFigure({
        ...chart,
        isOverTime: true,
        stride: 2,
        steps: timeSteps(grid.step_s),
        x: grid.times.flatMap(time => [time, time + grid.step_s * 0.9999]),
        series: chart.series.map(series => ({ ...series, values: twice(series.points) })),
        holes: runs(grid, i => !isCovered(i)),
        doubtful: runs(grid, i => isCovered(i) && load.quality[i] > 0),
        at: time => `${moment(grid.start_s + Math.floor((time - grid.start_s) / grid.step_s) * grid.step_s, grid.step_s < 60)} ${zone()}`,
        csv: [chart.id, columns, rows],
        description: `From ${moment(grid.times[0])} to ${moment(grid.end_s)} ${zone()}. ${most.join(". ")}.`,
    });
}
