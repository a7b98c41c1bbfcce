/* page.js
 * Puts the page together: parts, contents, the choice of a server and of light or dark.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
"use strict";

const SCHEMES = ["auto", "light", "dark"];

/* Points of time as all charts use them. */
function gridOf(raw) {
    const n = raw.covered_s.length;
    return { ...raw, n, end_s: raw.start_s + n * raw.step_s, times: raw.covered_s.map((_, i) => raw.start_s + i * raw.step_s) };
}

const GRID = DATA.grid ? gridOf(DATA.grid) : null;

/* The parts that depend on the server, then those that do not. */
function parts(load) {
    const overTime = load ? [head(GRID, load), concurrency(GRID, load), traffic(GRID, load), latency(GRID, load), calendar(GRID, load), capacity(load)] :
        [empty("counters.csv is not in the folder: nothing is shown over time."), captures(), capacity(null)];
    return [...overTime, users(), operations(), hops(), findings()].filter(Boolean);
}

function show(load) {
    const main = document.getElementById("main");

    charts.splice(0).forEach(chart => chart.plot?.destroy());
    main.replaceChildren(...parts(load));
    document.getElementById("contents").replaceChildren(...[...main.querySelectorAll("h2")].map(head =>
        element("a", { href: `#${head.parentElement.id}` }, head.textContent)));
    drawAll();
}

function serverChoice() {
    if (!DATA.loads || DATA.loads.length < 3)
        return null;
    const left = DATA.grid.servers - DATA.loads.length + 1;
    const select = element("select", { change: event => show(DATA.loads[event.currentTarget.value]) },
        DATA.loads.map((load, i) => element("option", { value: i }, serverName(load))),
        left > 0 ? element("option", { disabled: true }, `${number(left, "more server")}: in counters.csv`) : null);
    return element("label", {}, "Server ", select);
}

const SYSTEM_IS_DARK = matchMedia("(prefers-color-scheme: dark)");
let chosenScheme = "auto";

function setScheme(scheme) {
    chosenScheme = scheme;
    document.documentElement.dataset.scheme = scheme === "auto" ? (SYSTEM_IS_DARK.matches ? "dark" : "light") : scheme;
    drawAll();
}

function schemeChoice() {
    return element("fieldset", { class: "scheme" }, element("legend", { class: "unseen" }, "Colours"), SCHEMES.map(scheme => element("label", {},
        element("input", { type: "radio", name: "scheme", value: scheme, checked: scheme === chosenScheme, change: () => setScheme(scheme) }), scheme)));
}

/* On paper, charts have its width, and are black and white. */
function setPaper(isPaper) {
    document.documentElement.dataset.paper = isPaper ? "yes" : "no";
    drawAll();
}

function periodOf(grid) {
    const isShort = grid.step_s < 60, hasFew = grid.n <= 3 && grid.step_s > 1;
    return `${moment(grid.start_s, isShort)} to ${moment(grid.end_s, isShort)} ${zone()}, in intervals of ${duration(grid.step_s * 1000)}${hasFew ? " (--interval 1 shows more)" : ""}`;
}

function start() {
    const load = DATA.loads ? DATA.loads[0] : null;
    const paper = matchMedia("print");

    document.getElementById("period").textContent = GRID ? periodOf(GRID) : "";
    document.getElementById("controls").replaceChildren(...[serverChoice(), schemeChoice()].filter(Boolean));
    document.getElementById("footer").textContent = "Made by oaexport from the CSV files beside this page, which have all rows and columns: oaexport --describe. Drag over a chart to zoom, double-click to zoom out.";
    show(load);
    setScheme(chosenScheme);

    let width = innerWidth;
    addEventListener("resize", () => {
        if (innerWidth !== width)
            drawAll();
        width = innerWidth;
    });
    SYSTEM_IS_DARK.addEventListener("change", () => setScheme(chosenScheme));
    paper.addEventListener("change", event => setPaper(event.matches));
    addEventListener("beforeprint", () => setPaper(true));
    addEventListener("afterprint", () => setPaper(false));
    document.documentElement.dataset.ready = "yes";
}

start();
