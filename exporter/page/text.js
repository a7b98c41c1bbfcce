/* text.js
 * The data, numbers and times as text, and elements. All text reaches the page as text nodes, never as markup.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
"use strict";

const DATA = JSON.parse(document.getElementById("data").textContent);
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const UNKNOWN = "\u2013";

/* An element with attributes (functions listen to the event of that name) and children, which are elements or text. */
function element(name, attributes = {}, ...children) {
    const svg = ["svg", "g", "path", "rect", "line", "text", "title", "desc", "tspan", "circle", "defs", "pattern", "marker"];
    const made = svg.includes(name) ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);

    for (const [key, value] of Object.entries(attributes)) {
        if (typeof value === "function")
            made.addEventListener(key, value);
        else if (value !== null && value !== undefined && value !== false)
            made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.flat(Infinity).filter(child => child !== null && child !== undefined && child !== false));
    return made;
}

const isKnown = value => value !== null && value !== undefined && Number.isFinite(value);
const sum = values => values.reduce((total, value) => total + (value || 0), 0);
const greatest = values => values.reduce((most, value) => (isKnown(value) && !(value <= most) ? value : most), null);

/* "1,326" */
function count(value) {
    return isKnown(value) ? Math.round(value).toLocaleString("en-GB") : UNKNOWN;
}

/* Three significant digits, more before the point. */
function real(value) {
    if (!isKnown(value))
        return UNKNOWN;
    if (Math.abs(value) >= 1000)
        return count(value);
    return String(Number(value.toPrecision(3)));
}

/* With a prefix: 12.3 MB. */
function scaled(value, unit) {
    const prefixes = ["", "k", "M", "G", "T", "P"];
    let i = 0;

    if (!isKnown(value))
        return UNKNOWN;
    for (; Math.abs(value) >= 999.5 && i < prefixes.length - 1; i++)
        value /= 1000;
    return `${i === 0 && Number.isInteger(value) ? value : Number(value.toPrecision(3))} ${prefixes[i]}${unit}`;
}

const bytes = value => scaled(value, "B");
const bytesPerSecond = value => scaled(value, "B/s");

/* Milliseconds as they are read: 0.368 ms, 1.25 s, 3 min. */
function duration(ms) {
    if (!isKnown(ms))
        return UNKNOWN;
    if (Math.abs(ms) < 1000)
        return `${real(ms)} ms`;
    if (Math.abs(ms) < 120e3)
        return `${real(ms / 1000)} s`;
    if (Math.abs(ms) < 7200e3)
        return `${real(ms / 60e3)} min`;
    return `${real(ms / 3600e3)} h`;
}

function percent(share) {
    if (!isKnown(share))
        return UNKNOWN;
    const value = share * 100;
    if (value > 0 && value < 0.1)
        return "< 0.1 %";
    if (value < 100 && value > 99.9)
        return "> 99.9 %";
    return `${Number(value.toFixed(value < 10 ? 1 : 0))} %`;
}

/* "1 call", "2 calls" */
function number(value, one, many = `${one}s`) {
    return `${count(value)} ${value === 1 ? one : many}`;
}

/* --- times, in seconds since the epoch; shown in the local time of the report --- */

const two = value => String(value).padStart(2, "0");
const local = seconds => new Date((seconds + DATA.utc_offset_s) * 1000);

function zone() {
    const minutes = Math.abs(DATA.utc_offset_s) / 60;
    return DATA.utc_offset_s === 0 ? "UTC" :
        `UTC${DATA.utc_offset_s < 0 ? "\u2212" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function date(seconds) {
    const at = local(seconds);
    return `${DAYS[at.getUTCDay()]} ${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
}

function clock(seconds, withSeconds = false) {
    const at = local(seconds);
    return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}${withSeconds ? `:${two(at.getUTCSeconds())}` : ""}`;
}

const moment = (seconds, withSeconds = false) => `${date(seconds)}, ${clock(seconds, withSeconds)}`;

/* A time of a report, in either form. */
function seconds(text) {
    const value = text ? Date.parse(text.replace(" ", "T").replace(/Z?$/, "Z")) : NaN;
    return Number.isNaN(value) ? null : value / 1000;
}

const momentOf = text => (seconds(text) === null ? UNKNOWN : moment(seconds(text), true));
/* Without the year, which the head shows. */
const dayAndTime = text => (seconds(text) === null ? UNKNOWN : moment(seconds(text), seconds(text) % 60 !== 0).replace(/ \d{4},/, ","));
const utc = value => new Date(value * 1000).toISOString().replace(".000Z", "Z");

/* --- what reports say of their columns --- */

/* The definition of a column without what it corresponds to elsewhere. */
function definition(report, column) {
    const [unit, text] = (DATA.definitions[report] || {})[column] || ["", ""];
    return { unit, text: text.replace(/; performance counters?:.*$/, "") };
}

/* --- CSV --- */

function csvCell(value) {
    if (value === null || value === undefined)
        return "";
    const text = String(typeof value === "number" ? Number(value.toFixed(6)) : value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll("\"", "\"\"")}"` : text;
}

/* A link that contains the rows as CSV. */
function csvLink(name, columns, rows) {
    const text = [columns, ...rows].map(row => row.map(csvCell).join(",")).join("\n") + "\n";
    return element("a", {
        class: "csv", download: `${name}.csv`, href: `data:text/csv;charset=utf-8,${encodeURIComponent(text)}`,
        "aria-label": `CSV of ${name.replaceAll("_", " ")}`,
    }, "CSV");
}
