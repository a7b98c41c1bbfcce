/* parts.js
 * The parts of the page, each from the data to elements. What the folder did not contain is left out with a word.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
"use strict";

/* Captures whose names stand in the head of their table, which is open if there are no more. */
const CAPTURES_NAMED = 3;

const SEVERITIES = ["error", "warning", "note"];

/* Profiles of the role requirements calculator, in messages a day; the names of those that Microsoft's table of client network traffic has. */
const PROFILES = Array.from({ length: 10 }, (_, i) => 50 * (i + 1));
const PROFILE_NAMES = { 50: "medium", 100: "heavy", 150: "very heavy" };
/* That table, for Outlook Anywhere: 4,635, 9,255 and 13,875 kB a day for 50, 100 and 150 messages; of a day of 8 hours. */
const PROFILE_BYTES_PER_MESSAGE = 92500, PROFILE_HOURS = 8;

const rates = (values, grid) => values.map((value, i) => (isKnown(value) && grid.covered_s[i] > 0 ? value / grid.covered_s[i] : null));

/* The value that `share` of the values do not exceed (nearest rank). */
function percentile(values, share) {
    const sorted = values.filter(isKnown).sort((a, b) => a - b);
    return sorted.length ? sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)] : null;
}

/* Its name, with the address if another one has the same. */
function serverName(load) {
    const isTwin = DATA.loads.some(other => other !== load && other.role === load.role && other.name === load.name);
    return load.role === null ? "all servers" : `${load.role} ${load.name ?? load.address}${load.name && isTwin ? ` (${load.address})` : ""}`;
}

function section(id, title, ...children) {
    return element("section", { id, "aria-labelledby": `${id}-head` }, element("h2", { id: `${id}-head` }, title), ...children);
}

const empty = text => element("p", { class: "empty" }, text);

/* The rows of capacity of this server, each service of it by itself too if wanted; and the one with the greatest value of a column. */
function capacityOf(load, byService = false) {
    return (DATA.capacity?.items || []).filter(row => (byService || row.service === undefined) && (load.role === null ? row.server_address === undefined :
        row.server_address === load.address && row.role === load.role));
}

function peakOf(rows, column) {
    return rows.reduce((most, row) => (isKnown(row[column]) && !(most && row[column] <= most[column]) ? row : most), null);
}

/* --- 1: head --- */

/* Time that is covered, with its holes and what is not of good quality. */
function coverageBar(grid, load) {
    const span = grid.end_s - grid.start_s, covered = sum(grid.covered_s);
    const place = ([from, to], name) => element("rect", {
        x: (from - grid.start_s) / span * 1000, width: Math.max((to - from) / span * 1000, 1), y: 0, height: 20, class: name,
    });
    const holes = runs(grid, i => !(grid.covered_s[i] > 0));
    const doubtful = runs(grid, i => grid.covered_s[i] > 0 && load.quality[i] > 0);
    const says = `${duration(covered * 1000)} covered${holes.length ? `, ${number(holes.length, "hole")}` : ", without holes"}`;

    return element("figure", { id: "coverage", "aria-labelledby": "coverage-says" },
        element("svg", { viewBox: "0 0 1000 20", preserveAspectRatio: "none", role: "img", "aria-label": says },
            element("defs", {}, element("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse" },
                element("path", { d: "M-1,1 l2,-2 M0,6 l6,-6 M5,7 l2,-2", class: "hatching" }))),
            element("rect", { x: 0, y: 0, width: 1000, height: 20, class: "hole" }),
            runs(grid, i => grid.covered_s[i] > 0).map(run => place(run, "covered")),
            doubtful.map(run => place(run, "doubtful"))),
        element("figcaption", {},
            element("div", { class: "ends" }, element("span", {}, moment(grid.start_s, grid.step_s < 60)), element("span", {}, moment(grid.end_s, grid.step_s < 60))),
            element("p", { class: "says", id: "coverage-says" }, `${says}. Dark: covered by the captures; hatched: of other quality than ok; pale: not covered. `,
                csvLink("coverage", ["start", "covered_s", "is_doubtful"], grid.times.map((time, i) => [utc(time), grid.covered_s[i], load.quality[i] > 0 ? 1 : 0])))));
}

/* How far the numbers can be trusted, in a sentence. */
function qualitySentence(load) {
    const total = name => sum(load[name] || []);
    const payload = total("payload_bytes_in") + total("payload_bytes_out"), lost = total("lost_bytes");
    const share = lost / (lost + payload), bits = load.quality.reduce((all, one) => all | one, 0);
    const has = name => bits & (1 << DATA.grid.qualities.indexOf(name));
    const unknown = total("unknown_calls"), orphans = total("orphan_responses");
    const sentences = [];

    if (lost)
        sentences.push(`${percent(share)} of the bytes are not in the captures: call counts may be low by about as much` +
            (unknown ? `, and how ${number(unknown, "call")} ended is unknown` : ""));
    else
        sentences.push("No bytes are missing from the captures" + (unknown ? `; how ${number(unknown, "call")} ended is unknown` : ""));
    if (orphans)
        sentences.push(`${number(orphans, "response")} came without a request, and ${orphans === 1 ? "is" : "are"} not among the calls`);
    if (has("one_way"))
        sentences.push("of some connections only one direction was captured: their calls are missing or unanswered");
    if (has("estimated"))
        sentences.push("some sessions and calls are estimated from the shape of connections inside TLS, and have no users");
    if (has("clock"))
        sentences.push("the clock of a capture was set: times, rates and latencies around it are doubtful");
    return `${sentences.join("; ")}.`;
}

function tile(label, value, note, id) {
    const [figure, ...unit] = value.split(" ");
    return element("div", { class: "tile" }, element("dt", {}, label),
        element("dd", { id: `tile-${id}` }, figure, unit.length ? element("span", { class: "unit" }, ` ${unit.join(" ")}`) : null), element("dd", { class: "note" }, note || ""));
}

function tiles(load) {
    const rows = capacityOf(load), single = rows.length === 1 ? rows[0] : null;
    const peak = (column, at) => {
        const row = peakOf(rows, column);
        return row ? [row[column], row[at] ? dayAndTime(row[at]) : ""] : [null, ""];
    };
    const users = peak("users_peak", "users_peak_at"), sessions = peak("sessions_peak", "sessions_peak_at");
    const calls = peak("calls_peak_per_s", "calls_peak_at"), busy = peakOf(rows, "busy_hour_calls_per_s");
    const seen = greatest(rows.map(row => row.users_seen));

    return element("dl", { class: "tiles" },
        tile("Users at once", count(users[0]), users[1] && `of ${count(seen)}${single ? "" : " in a period"}; ${users[1]}`, "users"),
        tile("Sessions at once", count(sessions[0]), sessions[1], "sessions"),
        tile("Calls", count(sum(load.calls || [])), load.role === null ? "of all services" : "at this server", "calls"),
        tile("Busiest interval", isKnown(calls[0]) ? `${real(calls[0])} calls/s` : UNKNOWN, calls[1], "peak"),
        tile("Busy hour", busy ? `${real(busy.busy_hour_calls_per_s)} calls/s` : UNKNOWN,
            busy ? `from ${dayAndTime(busy.busy_hour)}` : "no hour is covered for 54 minutes", "busy"),
        tile("Latency, 95 %", single ? duration(single.latency_p95_ms ?? null) : duration(greatest(rows.map(row => row.latency_p95_ms))),
            single ? `median ${duration(single.latency_p50_ms ?? null)}` : rows.length ? "greatest of the periods" : "", "latency"));
}

/* What of the frames of a capture was not used, and why; how its times were corrected. */
function captureNotes(row) {
    const many = (column, one, others) => (row[column] ? number(row[column], one, others) : null);
    return [row.state === "whole" ? null : row.state, many("cut_frames", "frame cut", "frames cut"), many("second_copies", "second copy", "second copies"),
        many("unsupported_frames", "frame of another link type", "frames of other link types"), many("reordered_frames", "frame put in order", "frames put in order"),
        many("clock_steps", "step of the clock", "steps of the clock"), row.clock_correction_ms ? `clock corrected by ${duration(row.clock_correction_ms)}` : null].filter(Boolean).join("; ");
}

function captures() {
    const { items = [], count: many = 0 } = DATA.captures || {};
    const says = column => definition("captures", column).text;
    const first = items.slice(0, CAPTURES_NAMED).map(row => row.file.split("/").pop() || row.file).join(", ");

    if (!items.length)
        return null;
    return element("details", { id: "captures", open: many <= CAPTURES_NAMED },
        element("summary", {}, element("strong", {}, `${number(many, "capture")}: `), `${first}${many > CAPTURES_NAMED ? ` and ${many - CAPTURES_NAMED} more` : ""}`),
        sortable({
            id: "captures_table", rows: items, caption: many > items.length ? `The last ${items.length} of ${number(many, "file")}` : "Files",
            columns: [
                { key: "file", label: "File", isText: true, says: says("file") },
                { key: "first_time", label: "From", isText: true, show: row => momentOf(row.first_time), says: says("first_time") },
                { key: "last_time", label: "To", isText: true, show: row => momentOf(row.last_time), says: says("last_time") },
                { key: "frames", label: "Frames", show: row => count(row.frames), says: says("frames") },
                { key: "mail_frames", label: "Of mail", show: row => count(row.mail_frames), says: says("mail_frames") },
                { key: "frame_bytes", label: "Bytes", show: row => bytes(row.frame_bytes), says: says("frame_bytes") },
                { key: "snap_length_bytes", label: "Snap length", show: row => bytes(row.snap_length_bytes), says: says("snap_length_bytes") },
                { key: "notes", label: "Notes", isText: true, of: captureNotes, says: "What was not used of it, and how its times were corrected" },
            ],
        }));
}

function head(grid, load) {
    const findings = DATA.findings || [];
    const bySeverity = SEVERITIES.map(severity => [severity, sum(findings.filter(one => one.severity === severity).map(one => one.count))]);

    return section("summary", "Summary", tiles(load), coverageBar(grid, load), captures(),
        element("p", { id: "quality" }, element("strong", {}, "Quality: "), qualitySentence(load)),
        DATA.findings ? element("p", { id: "severities" }, element("strong", {}, "Findings: "),
            bySeverity.some(([, many]) => many) ? bySeverity.filter(([, many]) => many).map(([severity, many], i) => [i ? ", " : "",
                element("a", { href: "#findings", class: `severity ${severity}` }, number(many, severity))]) : "none", ".") : null);
}

/* --- 2: concurrency --- */

/* The busy hour, if it is known. */
function busyHours(load) {
    const row = peakOf(capacityOf(load), "busy_hour_calls_per_s");
    return row ? [{ from: seconds(row.busy_hour), to: seconds(row.busy_hour) + 3600, label: "busy hour" }] : [];
}

function countsTwice(load) {
    const with_users = DATA.loads.slice(1).filter(one => greatest(one.users_open || []) > 0).length;
    return load.role === null && with_users > 1 ? " A user at several servers counts at each of them." : "";
}

function concurrency(grid, load) {
    const rows = capacityOf(load), peak = peakOf(rows, "users_peak");
    const series = [["users_open", "users open"], ["users_active", "users active"], ["sessions_open", "sessions"], ["connections_open", "TCP connections"]]
        .filter(([column]) => load[column]).map(([column, label]) => ({ column, label, values: load[column] }));

    return section("concurrency", "Concurrency", series.length === 0 ? empty("The captures show no users, sessions or connections.") :
        timeChart({
            id: "concurrency_over_time", title: "Users, sessions and connections", series, height: 280,
            says: `Count. Users with a session open, and with a call, in an interval of ${duration(grid.step_s * 1000)}; mean of open sessions and TCP connections.${countsTwice(load)}`,
            format: real, shades: busyHours(load),
            marks: peak ? [{ at: seconds(peak.users_peak_at), label: `most users: ${count(peak.users_peak)}, ${dayAndTime(peak.users_peak_at)}` }] : [],
        }, grid, load));
}

/* --- 3: rates --- */

const hasCalls = load => sum(load.calls || []) > 0;
const NO_CALLS = "No call counts at this server: one that was captured on both hops counts at the proxy.";

/* A number of the calls by service, that with most calls first. */
function callsByService(grid, column) {
    return DATA.services.slice().sort((a, b) => sum(b.calls) - sum(a.calls)).map(service => ({ column: service.name, label: service.name, values: rates(service[column], grid) }));
}

/* Calls by service, of all servers; else by server. */
function callParts(load, grid) {
    if (load.role === null && DATA.services)
        return callsByService(grid, "calls");
    if (load.role === null)
        return byServer("calls", grid);
    return hasCalls(load) ? [{ column: "calls", label: "calls", values: rates(load.calls, grid) }] : [];
}

/* A column by server, with what is left of all servers. */
function byServer(column, grid) {
    const shown = DATA.loads.slice(1).filter(one => sum(one[column] || []) > 0), all = DATA.loads[0][column] || [];
    const parts = shown.map(one => ({ column: `${one.role} ${one.address}`, label: serverName(one), values: rates(one[column], grid) }));
    const rest = all.map((value, i) => (isKnown(value) ? value - sum(shown.map(one => one[column][i])) : null));

    if (sum(rest) > 0.5)
        parts.push({ column: "other servers", label: "other servers", values: rates(rest, grid) });
    return parts;
}

function withPercentile(chart, grid, load, format) {
    const line = chart.series.filter(series => series.isLine), of = line.length ? line : chart.series;
    const total = grid.times.map((_, i) => {
        const known = of.map(series => series.values[i]).filter(isKnown);
        return known.length && grid.covered_s[i] > 0 ? sum(known) : null;
    });
    const high = percentile(total, 0.95);

    return timeChart({ ...chart, format, stacked: true, limits: isKnown(high) ? [{ value: high, label: `95th percentile: ${format(high)}` }] : [] }, grid, load);
}

/* What the calls of each service carried, below what their connections carried in all; without calls, bytes by server. */
function byteParts(load, grid, column, ofCalls) {
    const wire = load[column] ? { column, label: "on the wire", values: rates(load[column], grid) } : null;
    if (load.role !== null)
        return wire ? [wire] : [];
    if (!DATA.services)
        return byServer(column, grid);
    const parts = callsByService(grid, ofCalls);
    return wire ? [...parts, { ...wire, isLine: true, colour: 7 }] : parts;
}

function traffic(grid, load) {
    const parts = callParts(load, grid), isByService = load.role === null && DATA.services;
    const figures = [];

    if (parts.length)
        figures.push(withPercentile({
            id: "calls_per_second", title: "Calls per second", series: parts, height: 240, shades: busyHours(load),
            says: isByService ? "1/s, by service. Calls by the first byte of their requests, divided by covered time; one captured on both hops counts once." :
                "1/s. RPC calls and MAPI over HTTP requests by the end of the request, divided by covered time.",
        }, grid, load, value => `${real(value)}/s`));
    for (const [column, way, ofCalls] of [["wire_bytes_in", "from clients", "request_bytes"], ["wire_bytes_out", "to clients", "response_bytes"]]) {
        const series = byteParts(load, grid, column, ofCalls);
        const wire = `IP packets ${way} with their headers, also repeated ones; traffic of both hops of a proxy counts on each.`;
        if (series.length)
            figures.push(withPercentile({
                id: `${column}_per_second`, title: `Bytes per second ${way}`, series, height: 200, shades: busyHours(load),
                says: isByService ? `B/s. Areas, by service: RPC PDUs, or bodies, of calls, each call once, by its first byte. Line, on the wire: ${wire}` :
                    `B/s${load.role === null ? ", by server" : ""}. ${wire}`,
            }, grid, load, bytesPerSecond));
    }
    if (figures.length && !hasCalls(load) && load.role !== null)
        figures.push(empty(NO_CALLS));
    return section("rates", "Calls and bytes", figures.length ? figures : empty("The captures show no traffic of a known server."));
}

/* --- 4: latency --- */

function latency(grid, load) {
    const figures = [];
    const series = [["latency_p50_ms", "median"], ["latency_p95_ms", "95th percentile"], ["latency_p99_ms", "99th percentile"]]
        .filter(([column]) => load[column]).map(([column, label]) => ({ column, label, values: load[column] }));
    const limits = [2000, 5000, 10000].map(value => ({ value, label: `${value / 1000} s` }));
    const over = [["over_2s", "> 2 s"], ["over_5s", "> 5 s"], ["over_10s", "> 10 s"]].filter(([column]) => load[column])
        .map(([column, label]) => ({ column, label, values: load[column] }));
    const shares = load.role === null ? DATA.hop_shares : null;

    if (series.length)
        figures.push(timeChart({
            id: "latency_over_time", title: "Latency", series, limits, height: 260, isLogarithmic: true, shades: busyHours(load),
            says: "ms, on a logarithmic scale. From the last byte of a request to the last byte of its response, without calls that wait for notifications." +
                (load.inexact ? ` Of ${number(load.inexact, "interval")} the greatest of the rows is shown: histograms.csv is not in the folder.` : ""),
            format: duration,
        }, grid, load));
    if (series.length && !over.some(one => sum(one.values)))
        figures.push(element("p", { id: "calls_over_limits" }, "No call took longer than 2 s."));
    else if (over.length && series.length)
        figures.push(timeChart({
            id: "calls_over_limits", title: "Slow calls", series: over, height: 140,
            says: "Count. Calls with a response after more than 2, 5 and 10 s, and calls under way for longer at the end of an interval.",
            format: count,
        }, grid, load));
    if (shares)
        figures.push(timeChart({
            id: "latency_by_hop", title: "Latency by hop", stacked: true, height: 180, format: duration,
            series: [{ column: "proxy_ms", label: "proxy and its network", values: shares.proxy_ms }, { column: "store_ms", label: "server, as the proxy sees it", values: shares.store_ms }],
            says: "ms. Mean of calls captured on both hops: what the server took, and what the proxy and the network to it added.",
        }, grid, load));
    return section("latency", "Latency", figures.length ? figures : empty(load.role === null ? "The captures show no call with its response." : NO_CALLS));
}

/* --- 5: days and hours --- */

/* Calls and covered time of each hour of local time. */
function hours(grid, load) {
    const found = new Map();

    grid.times.forEach((time, i) => {
        const hour = Math.floor((time + DATA.utc_offset_s) / 3600);
        const one = found.get(hour) || { calls: 0, covered_s: 0, quality: 0 };
        one.calls += (load.calls || [])[i] || 0;
        one.covered_s += grid.covered_s[i];
        one.quality |= load.quality[i] & ~1;
        found.set(hour, one);
    });
    return found;
}

function heatMap(grid, load) {
    const found = hours(grid, load), rate = one => (one && one.covered_s > 0 ? one.calls / one.covered_s : null);
    const days = [...new Set([...found.keys()].map(hour => Math.floor(hour / 24)))].sort((a, b) => a - b);
    const most = greatest([...found.values()].map(rate)) || 1;
    const rows = days.map(day => [day, Array.from({ length: 24 }, (_, hour) => found.get(day * 24 + hour))]);
    const decimals = Math.min(Math.max(1 - Math.floor(Math.log10(most)), 0), 4);
    const brief = value => (value > 0 && Number(value.toFixed(decimals)) === 0 ? "\u00b7" : Number(value.toFixed(decimals)).toString().replace(/^0\./, "."));
    const cell = (one, hour, day) => {
        const value = rate(one);
        const made = element("td", { class: value === null ? "hole" : one.quality ? "doubtful" : null, "data-value": value,
            title: value === null ? "not covered" : `${date(day * 86400 - DATA.utc_offset_s)}, ${two(hour)}:00: ${real(value)} calls/s` },
        value === null ? element("span", { class: "unseen" }, "not covered") : brief(value));
        made.style.setProperty("--heat", value === null ? 0 : Math.sqrt(value / most).toFixed(3));
        made.classList.toggle("hot", value !== null && value / most > 0.36);
        return made;
    };
    const csv = rows.flatMap(([day, cells]) => cells.map((one, hour) => [utc(day * 86400 + hour * 3600 - DATA.utc_offset_s), rate(one)]));

    return figure({
        id: "calls_by_hour", title: "Day by hour", csv: ["calls_by_hour", ["start", "calls_per_s"], csv],
        says: `Calls per covered second, ${zone()}. Darker: more, a dot: very little; hatched: of other quality than ok; blank: not covered.`,
        body: element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Calls per second by day and hour" }, element("table", { class: "heat" },
            element("caption", { class: "unseen" }, "Calls per second by day and hour"),
            element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "day"), Array.from({ length: 24 }, (_, hour) => element("th", { scope: "col" }, two(hour))))),
            element("tbody", {}, rows.map(([day, cells]) => element("tr", {},
                element("th", { scope: "row" }, date(day * 86400 - DATA.utc_offset_s).replace(/ \d+$/, "")), cells.map((one, hour) => cell(one, hour, day))))))),
    });
}

/* Weeks over each other, by hour from Monday. */
function weeks(grid, load) {
    const found = hours(grid, load), byWeek = new Map();

    for (const [hour, one] of found) {
        const monday = Math.floor((hour / 24 + 3) / 7); // the epoch was a Thursday
        const values = byWeek.get(monday) || new Array(168).fill(null);
        values[hour - (monday * 7 - 3) * 24] = one.covered_s > 0 ? one.calls / one.covered_s : null;
        byWeek.set(monday, values);
    }
    if (byWeek.size < 2)
        return null;
    const series = [...byWeek].sort(([a], [b]) => a - b).slice(0, 6).map(([monday, values], i) => ({
        label: `week of ${date((monday * 7 - 3) * 86400 - DATA.utc_offset_s)}`, values, pale: i > 0, colour: i,
    }));
    const names = [...DAYS.slice(1), DAYS[0]];
    return chartFigure({
        id: "calls_by_week", title: "Week by week", series, height: 220, x: Array.from({ length: 168 }, (_, hour) => hour),
        says: "Calls per covered second by hour of the week; later weeks are pale.",
        format: real, labels: hour => names[hour / 24] || "", steps: [24],
        at: hour => `${names[Math.floor(hour / 24)]}, ${two(hour % 24)}:00`,
        csv: ["calls_by_week", ["hour_of_week", ...series.map(one => one.label)], Array.from({ length: 168 }, (_, hour) => [hour, ...series.map(one => one.values[hour])])],
        description: `${series.length} weeks from Monday to Sunday.`,
    });
}

function calendar(grid, load) {
    if (grid.step_s > 3600 || grid.end_s - grid.start_s <= 86400 || !hasCalls(load))
        return null;
    return section("days", "Days and hours", heatMap(grid, load), weeks(grid, load));
}

/* --- tables --- */

/*
 * A table whose columns can be sorted. Columns: { key, label, of: its value (default: the member), show: its text or element, isText,
 * says }. The rows in their first order are `rows`.
 */
function sortable({ id, caption, columns, rows, csv = true }) {
    const value = (row, column) => (column.of ? column.of(row) : row[column.key]) ?? null;
    const body = element("tbody");
    const fill = sorted => body.replaceChildren(...sorted.map(row => element("tr", {}, columns.map((column, i) => element(i ? "td" : "th", {
        scope: i ? null : "row", class: column.isText ? null : "number", "data-value": column.isText ? null : value(row, column),
    }, column.show ? column.show(row) : value(row, column) ?? UNKNOWN)))));
    const order = (event, column) => {
        const head = event.currentTarget.closest("th"), isUp = head.getAttribute("aria-sort") === (column.isText ? "ascending" : "descending");
        const direction = (column.isText ? 1 : -1) * (isUp ? -1 : 1);
        for (const other of head.parentElement.children)
            other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
        fill(rows.slice().sort((a, b) => {
            const left = value(a, column), right = value(b, column);
            if (left === null || right === null)
                return (left === null) - (right === null);
            return direction * (column.isText ? String(left).localeCompare(String(right)) : left - right);
        }));
    };

    fill(rows);
    return element("div", { class: "table" },
        element("div", { class: "figure-head" }, element("h3", {}, caption), csv ? csvLink(id, columns.map(column => column.key), rows.map(row => columns.map(column => value(row, column)))) : null),
        element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": caption }, element("table", { id },
            element("caption", { class: "unseen" }, `${caption}. The buttons of the head sort it.`),
            element("thead", {}, element("tr", {}, columns.map(column => element("th", { scope: "col", class: column.isText ? null : "number", title: column.says || null },
                element("button", { type: "button", click: event => order(event, column) }, column.label))))),
            body)));
}

/* What is the greatest of several rows of the report is no percentile of all of them. */
function atMost(row, column) {
    return isKnown(row[column]) ? `${row.rows > 1 ? "\u2264 " : ""}${duration(row[column])}` : UNKNOWN;
}

/* --- 6: users --- */

const USER_LOADS = { calls: row => row.calls, bytes: row => row.bytes_in + row.bytes_out, time: row => row.time_ms };
const USER_WORDS = { calls: "calls", bytes: "bytes", time: "time in calls" };
const USERS_SHOWN = 100;

function usersTable(users) {
    const place = element("div");
    const show = rank => {
        const rows = users.items.slice().sort((a, b) => (USER_LOADS[rank](b) || 0) - (USER_LOADS[rank](a) || 0)).slice(0, USERS_SHOWN);
        const says = column => definition("users", column).text;
        place.replaceChildren(sortable({
            id: "users_table", rows,
            caption: users.count > rows.length ? `The first ${rows.length} of ${number(users.count, "user")} by ${USER_WORDS[rank]}` : number(users.count, "user"),
            columns: [
                { key: "user", label: "User", isText: true, show: row => row.user ?? "(unknown)", says: says("user") },
                { key: "client_address", label: "Address", isText: true, show: row => (row.rows > 1 ? `${row.client_address ?? UNKNOWN} and others` : row.client_address ?? UNKNOWN), says: says("client_address") },
                { key: "clients", label: "Client", isText: true, says: says("clients") },
                { key: "client_modes", label: "Mode", isText: true, says: says("client_modes") },
                { key: "sessions", label: "Sessions", show: row => count(row.sessions), says: says("sessions") },
                { key: "calls", label: "Calls", show: row => count(row.calls), says: says("calls") },
                { key: "failures", label: "Failures", show: row => count(row.failures), says: says("failures") },
                { key: "bytes", label: "Bytes", of: USER_LOADS.bytes, show: row => bytes(USER_LOADS.bytes(row)), says: "RPC PDUs, or bodies, in both directions" },
                { key: "time_ms", label: "Time in calls", show: row => duration(row.time_ms), says: "Sum of the latencies of answered calls, without those that wait for notifications" },
                { key: "latency_mean_ms", label: "Mean", show: row => duration(row.latency_mean_ms), says: "Time in calls, divided by these calls" },
                { key: "latency_p95_ms", label: "95th pct.", show: row => atMost(row, "latency_p95_ms"), says: says("latency_p95_ms") },
            ],
        }));
    };
    const ranks = Object.keys(USER_WORDS).map((rank, i) => element("label", {}, element("input", {
        type: "radio", name: "rank", value: rank, checked: i === 0, change: () => show(rank),
    }), USER_WORDS[rank]));

    show("calls");
    return element("div", {}, users.count > USERS_SHOWN ? element("fieldset", {}, element("legend", {}, `The first ${USERS_SHOWN} by`), ranks) : null, place);
}

function usersCurve(users) {
    const x = users.curves.calls.map((_, i) => i * 100 / (users.curves.calls.length - 1));
    const series = Object.keys(USER_WORDS).filter(rank => users.curves[rank].some(isKnown)).map((rank, i) => ({
        label: USER_WORDS[rank], colour: i, values: users.curves[rank].map(value => (isKnown(value) ? value * 100 : null)),
    }));
    series.push({ label: "all equal", colour: 7, dash: [4, 4], pale: true, values: x });
    const share = value => (isKnown(value) ? `${real(value)} %` : UNKNOWN);
    const tenth = users.curves.calls[10];

    return chartFigure({
        id: "load_by_users", title: "Share of load by share of users", x, series, height: 260, top: 100, format: share,
        labels: value => `${value} %`, at: value => `${real(value)} % of the users`,
        says: "%. What the heaviest users make of all calls, bytes and time in calls.",
        csv: ["load_by_users", ["users_percent", ...series.map(one => one.label)], x.map((value, i) => [value, ...series.map(one => one.values[i])])],
        description: isKnown(tenth) ? `The heaviest tenth of the users makes ${percent(tenth)} of the calls.` : "",
    });
}

/* Bars by size, four for each power of ten, with lines where the calculator's profiles are. */
function userHours(hoursOf) {
    const first = hoursOf.count.findIndex(value => value > 0), last = hoursOf.count.findLastIndex(value => value > 0);
    const per = hoursOf.bins_per_decade, edge = i => 10 ** (i / per);

    if (first < 0)
        return empty("Bytes by user and hour: no hour is covered for 54 minutes.");
    const lines = PROFILES.map(messages => [`${messages}${PROFILE_NAMES[messages] ? `, ${PROFILE_NAMES[messages]}` : ""}`, messages * PROFILE_BYTES_PER_MESSAGE / PROFILE_HOURS]);
    const from = Math.min(first, Math.floor(Math.log10(lines[0][1]) * per)), to = Math.max(last + 1, Math.floor(Math.log10(lines.at(-1)[1]) * per) + 4);
    const width = 620, height = 330, bottom = 28, top = 20 + 13 * lines.length, most = greatest(hoursOf.count);
    const x = value => (Math.log10(value) * per - from) / (to - from) * width;
    const bars = hoursOf.count.slice(from, to).map((value, i) => {
        const tall = value / most * (height - top - bottom);
        return element("rect", { x: i / (to - from) * width + 1, width: Math.max(width / (to - from) - 2, 1), y: height - bottom - tall, height: tall, class: "bar" },
            element("title", {}, `${bytes(edge(from + i))} to ${bytes(edge(from + i + 1))}: ${number(value, "user-hour")}`));
    });
    const ticks = Array.from({ length: to - from + 1 }, (_, i) => from + i).filter(i => i % per === 0);

    return figure({
        id: "bytes_by_user_hour", title: "Bytes by user and hour",
        says: "User-hours by bytes of RPC PDUs, or bodies, in both directions, on a logarithmic scale; hours that are covered for 54 minutes, and users with a call in them. " +
            "Dashed: the calculators' profiles in messages a day, at 92.5 kB a message as in Microsoft's table for Outlook Anywhere, a day's bytes over 8 hours." + (hoursOf.is_too_much ? " Not all users are counted." : ""),
        csv: ["bytes_by_user_hour", ["bytes_from", "bytes_to", "user_hours"], hoursOf.count.map((value, i) => [Math.round(edge(i)), Math.round(edge(i + 1)), value]).slice(first, last + 1)],
        body: element("svg", { viewBox: `-16 0 ${width + 32} ${height}`, class: "histogram", role: "img",
            "aria-label": `Bytes by user and hour: ${number(sum(hoursOf.count), "user-hour")}, most of them from ${bytes(edge(hoursOf.count.indexOf(most)))}` },
        bars,
        element("line", { x1: 0, x2: width, y1: height - bottom, y2: height - bottom, class: "axis" }),
        ticks.map(i => element("text", { x: (i - from) / (to - from) * width, y: height - 10, "text-anchor": "middle" }, bytes(edge(i)))),
        lines.map(([name, value], i) => [
            element("line", { x1: x(value), x2: x(value), y1: 11 + 13 * i, y2: height - bottom, class: "limit" }),
            element("text", { x: x(value) + 4, y: 20 + 13 * i }, `${name}: ${bytes(value)}`)])),
    });
}

function users() {
    if (!DATA.users)
        return null;
    return section("users", "Users", usersTable(DATA.users),
        DATA.users.count > 1 || DATA.user_hours ? element("div", { class: "pair" },
            DATA.users.count > 1 ? usersCurve(DATA.users) : null, DATA.user_hours ? userHours(DATA.user_hours) : null) : null);
}

/* --- 7: operations --- */

function operations() {
    const { items = [], count: many = 0 } = DATA.operations || {};
    const timed = items.filter(row => !row.waits), time = sum(timed.map(row => row.time_ms));
    const share = row => (row.waits || !time || !isKnown(row.time_ms) ? null : row.time_ms / time);
    const mean = row => (isKnown(row.time_ms) ? row.time_ms / (row.answered + row.faults) : null);
    const name = row => row.operation || "(unknown)";
    const says = column => definition("operations", column).text;

    if (!items.length)
        return DATA.operations ? section("operations", "Operations", empty("The captures show no operation.")) : null;
    const first = timed.filter(row => share(row) > 0).slice(0, 10), most = first.length ? share(first[0]) : 1;
    const bars = element("ol", { class: "bars" }, first.map(row => {
        const bar = element("span", { class: "fill" });
        bar.style.setProperty("--share", (share(row) / most).toFixed(4));
        return element("li", {}, element("span", { class: "name" }, name(row), element("small", {}, ` ${row.interface || ""}`)), element("span", { class: "track" }, bar), element("span", { class: "number" }, percent(share(row))));
    }));

    return section("operations", "Operations",
        first.length ? figure({
            id: "time_by_operation", title: "Where the time goes", says: "%. Calls with a response times their mean latency, of all such time; operations that wait for notifications are left out.",
            csv: ["time_by_operation", ["interface", "operation", "time_ms", "share"], first.map(row => [row.interface, row.operation, row.time_ms, share(row)])], body: bars,
        }) : null,
        sortable({
            id: "operations_table", rows: [...timed, ...items.filter(row => row.waits)], caption: many > items.length ? `The first ${items.length} of ${number(many, "operation")} by time` : number(many, "operation"),
            columns: [
                { key: "operation", label: "Operation", isText: true, show: row => [name(row), row.waits ? element("small", {}, " waits") : null], says: says("operation") },
                { key: "interface", label: "Interface", isText: true, says: says("interface") },
                { key: "service", label: "Service", isText: true, says: says("service") },
                { key: "calls", label: "Calls", show: row => count(row.calls), says: says("calls") },
                { key: "faults", label: "Faults", show: row => count(row.faults), says: says("faults") },
                { key: "unanswered", label: "Unanswered", show: row => count(row.unanswered), says: says("unanswered") },
                { key: "request_bytes", label: "Bytes in", show: row => bytes(row.request_bytes), says: says("request_bytes") },
                { key: "response_bytes", label: "Bytes out", show: row => bytes(row.response_bytes), says: says("response_bytes") },
                { key: "share", label: "Time", of: share, show: row => percent(share(row)), says: "Calls with a response times their mean latency, of all such time" },
                { key: "latency_mean_ms", label: "Mean", of: mean, show: row => duration(mean(row)), says: says("latency_mean_ms") },
                { key: "latency_p95_ms", label: "95th pct.", show: row => atMost(row, "latency_p95_ms"), says: says("latency_p95_ms") },
                { key: "latency_max_ms", label: "Maximum", show: row => duration(row.latency_max_ms), says: says("latency_max_ms") },
            ],
        }));
}

/* --- 8: hops --- */

const NODES_PER_COLUMN = 6;
const COLUMNS_OF_HOPS = ["Clients", "Proxies", "Stores", "Directories"];
/* Where a hop begins and ends. */
const HOP_ENDS = { client_proxy: [0, 1], proxy_store: [1, 2], client_store: [0, 2], store_dc: [2, 3] };

const failures = edge => sum([edge.refused, edge.unanswered, edge.reset_without_data, edge.tls_alerts]);
const isSealed = edge => edge.sessions === null;

/* Nodes and edges of the diagram: in each column the servers with most connections, others as one. */
function hopGraph(items) {
    const weight = COLUMNS_OF_HOPS.map(() => new Map()), merged = new Map();
    const known = items.filter(edge => HOP_ENDS[edge.hop]);
    const ends = edge => HOP_ENDS[edge.hop].map((column, i) => [column, column === 0 ? "clients" : (i ? edge.server_address : edge.client_address) || UNKNOWN]);

    for (const edge of known)
        for (const [column, node] of ends(edge))
            weight[column].set(node, (weight[column].get(node) || 0) + edge.connections);
    const nodes = weight.map(one => [...one].sort((a, b) => b[1] - a[1]).map(([node]) => node));
    const shown = nodes.map(column => (column.length > NODES_PER_COLUMN ? [...column.slice(0, NODES_PER_COLUMN - 1), `${column.length - NODES_PER_COLUMN + 1} others`] : column));
    const place = ([column, node]) => `${column} ${shown[column].includes(node) ? node : shown[column].at(-1)}`;

    for (const edge of known) {
        const [from, to] = ends(edge).map(place), id = `${from}>${to}`;
        const one = merged.get(id) || { from, to, connections: 0, bytes: 0, failures: 0, clients: 0, sessions: null, services: new Set() };
        one.connections += edge.connections || 0;
        one.bytes += (edge.bytes_in || 0) + (edge.bytes_out || 0);
        one.failures += failures(edge);
        one.clients += edge.rows;
        one.sessions = edge.sessions === null ? one.sessions : (one.sessions || 0) + edge.sessions;
        one.services.add(edge.service);
        merged.set(id, one);
    }
    return { columns: shown, edges: [...merged.values()] };
}

function hopDiagram(items) {
    const { columns, edges } = hopGraph(items), used = columns.map((nodes, i) => [nodes, i]).filter(([nodes]) => nodes.length);
    const boxWidth = 170, boxHeight = 46, gap = 230, row = 84;
    const sources = [...new Set(edges.map(edge => edge.from))];
    const most = Math.max(...used.map(([nodes]) => nodes.length)), height = 40 + most * row, width = used.length * boxWidth + (used.length - 1) * gap;
    const places = new Map();
    const names = new Map((DATA.loads || []).slice(1).map(load => [load.address, load.name]));

    used.forEach(([nodes, column], i) => nodes.forEach((node, k) => places.set(`${column} ${node}`, {
        x: i * (boxWidth + gap), y: 34 + (most - nodes.length) * row / 2 + k * row + (row - boxHeight) / 2, node, column,
    })));
    const drawn = edges.map(edge => {
        const from = places.get(edge.from), to = places.get(edge.to), x0 = from.x + boxWidth, x1 = to.x, y0 = from.y + boxHeight / 2, y1 = to.y + boxHeight / 2;
        // Labels of edges that cross stand at different places: those of one source below each other.
        const rivals = sources.filter(source => source[0] === edge.from[0]), share = rivals.length > 1 ? 0.34 + 0.36 * rivals.indexOf(edge.from) / (rivals.length - 1) : 0.62;
        const sealed = edge.sessions === null, x = x0 + (x1 - x0) * share, y = y0 + (y1 - y0) * share;
        const words = `${count(edge.connections)} \u00b7 ${bytes(edge.bytes)}${edge.failures ? ` \u00b7 ${count(edge.failures)} failed` : ""}`;
        return { edge, path: element("path", { d: `M${x0},${y0} L${x1},${y1}`, class: `edge${sealed ? " sealed" : ""}${edge.failures ? " failing" : ""}`,
            "stroke-width": (1.5 + Math.log10(1 + edge.bytes / 1e4)).toFixed(1) }),
        label: element("text", { x, y: y + 4, "text-anchor": "middle", class: `edge-label${sealed ? " sealed" : ""}` }, words) };
    });
    const boxes = [...places.values()].map(({ x, y, node, column }) => {
        const clients = Math.max(...edges.filter(edge => edge.from === "0 clients").map(edge => edge.clients), 0);
        const title = column === 0 ? "Clients" : names.get(node) || node;
        const under = column === 0 ? `${edges.filter(edge => edge.from === "0 clients").length > 1 ? "up to " : ""}${count(clients)} at a server` : names.get(node) ? node : "";
        const cut = text => (text.length > 26 ? `${text.slice(0, 25)}\u2026` : text);
        return element("g", { class: "node" }, element("title", {}, `${title} ${under}`), element("rect", { x, y, width: boxWidth, height: boxHeight, rx: 6 }),
            element("text", { x: x + boxWidth / 2, y: y + (under ? 20 : 28), "text-anchor": "middle" }, cut(title)),
            under ? element("text", { x: x + boxWidth / 2, y: y + 36, "text-anchor": "middle", class: "small" }, cut(under)) : null);
    });
    const says = edges.map(edge => `${edge.from.slice(2)} to ${edge.to.slice(2)}: ${number(edge.connections, "connection")}, ${bytes(edge.bytes)}, ${number(edge.failures, "failure")}${edge.sessions === null ? ", not decoded" : ""}`);

    return element("svg", { viewBox: `-6 0 ${width + 12} ${height}`, class: "hops", role: "img", "aria-label": `Hops. ${says.join(". ")}.`, style: null },
        used.map(([, column], i) => element("text", { x: i * (boxWidth + gap) + boxWidth / 2, y: 16, "text-anchor": "middle", class: "column" }, COLUMNS_OF_HOPS[column])),
        drawn.map(one => one.path), drawn.length <= 14 ? drawn.map(one => one.label) : null, boxes);
}

function hops() {
    const { items = [], count: many = 0 } = DATA.hops || {};
    const says = column => definition("hops", column).text;
    const from = row => row.client_address || number(row.rows, "client");

    if (!items.length)
        return DATA.hops ? section("hops", "Hops", empty("The captures show no connection of these services.")) : null;
    return section("hops", "Hops",
        figure({
            id: "hops_diagram", title: "Who connects to whom",
            csv: ["hops_diagram", ["from", "to", "connections", "bytes", "failures"], hopGraph(items).edges.map(edge => [edge.from.slice(2), edge.to.slice(2), edge.connections, edge.bytes, edge.failures])],
            says: "TCP connections \u00b7 bytes of TCP payload in both directions \u00b7 connections that failed: refused, unanswered, reset without data, or ended by a TLS alert. Grey, dashed: nothing on it could be decoded, as inside TLS without keys.",
            body: element("div", { class: "scroll" }, hopDiagram(items)),
        }),
        sortable({
            id: "hops_table", rows: items, caption: many > items.length ? `The first ${items.length} of ${number(many, "hop")} by connections` : "Hops by server",
            columns: [
                { key: "hop", label: "Hop", isText: true, says: says("hop"), show: row => row.hop ?? "(others)" },
                { key: "client_address", label: "From", isText: true, of: from, says: says("client_address") },
                { key: "server_address", label: "To", isText: true, says: says("server_address") },
                { key: "connections", label: "Connections", show: row => count(row.connections), says: says("connections") },
                { key: "sessions", label: "Sessions", show: row => (isSealed(row) ? "not decoded" : count(row.sessions)), says: says("sessions") },
                { key: "bytes_in", label: "Bytes in", show: row => bytes(row.bytes_in), says: says("bytes_in") },
                { key: "bytes_out", label: "Bytes out", show: row => bytes(row.bytes_out), says: says("bytes_out") },
                { key: "refused", label: "Refused", show: row => count(row.refused), says: says("refused") },
                { key: "unanswered", label: "Unanswered", show: row => count(row.unanswered), says: says("unanswered") },
                { key: "reset", label: "Reset", of: row => (isKnown(row.reset) || isKnown(row.reset_without_data) ? sum([row.reset, row.reset_without_data]) : null), show: row => (isKnown(row.reset) ? count(row.reset + (row.reset_without_data || 0)) : UNKNOWN), says: "Connections that were reset, with or without payload" },
                { key: "tls_alerts", label: "TLS alerts", show: row => count(row.tls_alerts), says: says("tls_alerts") },
            ],
        }));
}

/* --- 9: findings --- */

/* A display filter, which a click copies, or selects where a page may not copy. */
function filter(frame) {
    const text = `frame.number == ${frame}`, code = element("code", {}, text);
    const copy = async event => {
        const button = event.currentTarget;
        try {
            await navigator.clipboard.writeText(text);
            button.dataset.done = "copied";
        } catch {
            getSelection().selectAllChildren(code);
            button.dataset.done = "selected";
        }
        setTimeout(() => { delete button.dataset.done; }, 1500);
    };
    return element("button", { type: "button", class: "filter", title: "Copy this display filter", click: copy }, code);
}

function example(one) {
    const facts = [one.host, one.user, one.hop].filter(Boolean).join(", ");
    return element("li", {}, isKnown(one.frame) ? filter(one.frame) : element("span", {}, "no frame"), ` ${dayAndTime(one.time)}${facts ? `, ${facts}` : ""}`,
        one.evidence ? element("span", { class: "evidence" }, `: ${one.evidence}`) : null);
}

function findings() {
    const rows = (DATA.findings || []).slice().sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.count - a.count);
    const severity = row => SEVERITIES.indexOf(row.severity);

    if (!DATA.findings)
        return null;
    if (!rows.length)
        return section("findings", "Findings", empty("None."));
    return section("findings", "Findings",
        sortable({
            id: "findings_table", rows, caption: number(rows.length, "code"),
            columns: [
                { key: "code", label: "Code", isText: true },
                { key: "severity", label: "Severity", isText: true, of: row => row.severity, show: row => element("span", { class: `severity ${severity(row) < 0 ? "note" : row.severity}` }, row.severity ?? UNKNOWN) },
                { key: "meaning", label: "Meaning", isText: true },
                { key: "count", label: "Count", show: row => count(row.count) },
                { key: "first", label: "First", isText: true, show: row => dayAndTime(row.first) },
                { key: "last", label: "Last", isText: true, show: row => dayAndTime(row.last) },
            ],
        }),
        element("h3", {}, "Examples"),
        element("p", { class: "says" }, "The first three of each, as display filters for Wireshark. Frames are numbered over all captures in order of time: several files have to be merged first (mergecap)."),
        element("div", { class: "examples" }, rows.map(row => element("details", { open: row.severity === "error" },
            element("summary", {}, element("span", { class: `severity ${severity(row) < 0 ? "note" : row.severity}` }, row.severity ?? UNKNOWN), ` ${row.code}: ${number(row.count, "time")}`),
            element("ol", {}, row.examples.map(example))))));
}

/* --- capacity, as in the report --- */

/* Measures of a period, with what they are; times stand below what happened then. */
const MEASURES = [
    ["covered_h", "Covered hours", real], ["users_seen", "Users", count], ["users_peak", "Users at once", count, "users_peak_at"],
    ["users_active_peak", "Active users at once", count, "users_active_peak_at"], ["sessions_peak", "Sessions at once", count, "sessions_peak_at"],
    ["connections_peak", "Connections at once", count, "connections_peak_at"], ["connections_per_user", "Connections by user", real],
    ["concurrency", "Share of users at once", percent], ["calls_peak_per_s", "Calls per second, busiest interval", real, "calls_peak_at"],
    ["busy_hour_calls_per_s", "Calls per second, busy hour", real, "busy_hour"], ["busy_hour_users_active", "Active users, busy hour", count],
    ["busy_hour_latency_p95_ms", "Latency, 95th percentile, busy hour", duration], ["busy_hour_outstanding_mean", "Calls under way, busy hour", real],
    ["calls_per_user_per_s", "Calls per user and second", real], ["bytes_in_per_user_per_h", "From a user in an hour", bytes], ["bytes_out_per_user_per_h", "To a user in an hour", bytes],
    ["bytes_in_per_user_per_day", "From a user in a day", bytes], ["bytes_out_per_user_per_day", "To a user in a day", bytes], ["peak_to_mean", "Busy hour to mean", real],
    ["latency_p50_ms", "Latency, median", duration], ["latency_p95_ms", "Latency, 95th percentile", duration], ["latency_p99_ms", "Latency, 99th percentile", duration],
    ["over_2s_share", "Calls over 2 s", percent], ["over_5s_share", "Calls over 5 s", percent], ["over_10s_share", "Calls over 10 s", percent],
    ["messages_sent_per_user_per_day", "Messages sent by user and day", real], ["messages_received_per_user_per_day", "Messages received by user and day", real],
    ["message_bytes_mean", "Size of a message", bytes], ["profile", "Profile of the calculator", String], ["cached_share", "Cached mode", percent],
    ["classic_share", "Online mode", percent], ["mapi_http_share", "MAPI over HTTP", percent], ["quality_share", "Time of good quality", percent],
];

function capacity(load) {
    const periods = load ? capacityOf(load, true) : DATA.capacity?.items || [];
    const severalTimes = new Set(periods.map(period => period.period_start)).size > 1;
    const titleOf = period => [severalTimes ? momentOf(period.period_start) : null, period.service ?? (severalTimes ? null : load ? serverName(load) : "all")]
        .filter(text => text !== null).join(", ");
    const measures = MEASURES.filter(([column]) => periods.some(period => period[column] !== undefined));
    const cell = (period, [column, , show, at]) => element("td", { class: "number", "data-value": period[column] ?? null },
        period[column] === undefined ? UNKNOWN : show(period[column]), at && period[at] ? element("small", {}, ` ${dayAndTime(period[at])}`) : null);
    const csv = [["measure", ...periods.map(period => [period.period_start, period.service].filter(text => text !== undefined).join(" "))], measures.map(([column]) => [column, ...periods.map(period => period[column])])];

    if (!periods.length)
        return null;
    return section("capacity", "Capacity", element("div", { class: "table" },
        element("div", { class: "figure-head" }, element("h3", {}, "Peaks, the busy hour, load per user"), csvLink("capacity_by_period", ...csv)),
        element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Capacity" }, element("table", { id: "capacity_table" },
            element("caption", { class: "unseen" }, "Capacity: a row for each measure, a column for each period and service"),
            element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "Measure"),
                periods.map(period => element("th", { scope: "col", class: "number" }, titleOf(period))), element("th", { scope: "col" }, "What it is"))),
            element("tbody", {}, measures.map(measure => element("tr", {}, element("th", { scope: "row" }, measure[1]), periods.map(period => cell(period, measure)),
                element("td", { class: "says" }, definition("capacity", measure[0]).text))))))));
}
