#!/usr/bin/python3
"""Makes the page and the table of what suite.py measured, and compares two measurements.

    page.py page    bench/out            writes bench/out/index.html: one file, inline SVG, no network
    page.py table   bench/out            prints every figure
    page.py compare BASE.json NEW.json   prints what changed, with 95 % confidence intervals (exit 1: something became slower)
"""
import argparse
import glob
import html
import json
import math
import os
import random
import statistics
import sys

WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT = 520, 320, 64, 44, 16, 130
COLORS = ["#1b6ca8", "#c23b22", "#3a7d44", "#8e5ea2", "#b8860b", "#555555", "#00838f", "#ad1457"]
UNITS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}


def load(paths):
    """{name: [rows]}: every single measurement, aggregates left out."""
    rows = {}
    for path in paths:
        if os.path.getsize(path) == 0:
            continue
        with open(path) as file:
            for row in json.load(file)["benchmarks"]:
                if row.get("run_type", "iteration") == "iteration" and not row.get("error_occurred"):
                    name = "/".join(part for part in row["run_name"].split("/") if not part.startswith(("iterations:", "repeats:")))
                    rows.setdefault(name, []).append(row)
    return rows


def files_of(folder):
    return sorted(glob.glob(os.path.join(folder, "*.json")))


def cost_us(row):
    """Microseconds per item: lower is better for every row. CPU time where the program measured itself, so that neighbours count less."""
    if row.get("instructions"):
        return row["instructions"]
    if row.get("items_per_second"):
        return 1e6 / row["items_per_second"]
    return row["real_time"] * UNITS[row.get("time_unit", "ns")]


def cost(rows):
    return statistics.median(cost_us(row) for row in rows)


def matching(rows):
    """{(row, who, variant): {(n, m): [measurements]}} of names like class-add/ours/attrs/N:100/M:1000."""
    found = {}
    for name, list_ in rows.items():
        parts = name.split("/")
        if len(parts) == 5 and parts[3].startswith("N:"):
            found.setdefault(tuple(parts[:3]), {})[(int(parts[3][2:]), int(parts[4][2:]))] = list_
    return found


# ---- Plots.


def ticks(low, high):
    return [10.0 ** e for e in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]


def plot(identity, title, x_label, y_label, series):
    """Lines on log axes. series: [(name, [(x, y, y low, y high)])]."""
    points = [point for _, line in series for point in line]
    if not points:
        return ""
    xs, ys = ticks(min(p[0] for p in points), max(p[0] for p in points)), ticks(min(p[2] for p in points), max(p[3] for p in points))
    if len(xs) == 1:
        xs.append(xs[0] * 10)
    if len(ys) == 1:
        ys.append(ys[0] * 10)

    def at_x(x):
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(x) - math.log10(xs[0])) / (math.log10(xs[-1]) - math.log10(xs[0]))

    def at_y(y):
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (math.log10(y) - math.log10(ys[0])) / (math.log10(ys[-1]) - math.log10(ys[0]))

    out = [f'<figure><figcaption>{html.escape(title)}</figcaption><svg class="plot" id="{identity}" role="img" aria-label="{html.escape(title)}" '
           f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">']
    for x in xs:
        out.append(f'<line class="grid" x1="{at_x(x):.1f}" x2="{at_x(x):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
                   f'<text x="{at_x(x):.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{x:,.0f}</text>')
    for y in ys:
        out.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at_y(y):.1f}" y2="{at_y(y):.1f}"/>'
                   f'<text x="{LEFT - 6}" y="{at_y(y) + 4:.1f}" text-anchor="end">{y:,g}</text>')
    out.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 6}" text-anchor="middle">{html.escape(x_label)}</text>'
               f'<text transform="translate(12 {(HEIGHT - BOTTOM + TOP) / 2}) rotate(-90)" text-anchor="middle">{html.escape(y_label)}</text>')
    for number, (name, line) in enumerate(series):
        color = COLORS[number % len(COLORS)]
        path = " ".join(f"{at_x(x):.1f},{at_y(y):.1f}" for x, y, _, _ in line)
        out.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        for x, y, low, high in line:
            out.append(f'<line x1="{at_x(x):.1f}" x2="{at_x(x):.1f}" y1="{at_y(low):.1f}" y2="{at_y(high):.1f}" stroke="{color}"/>'
                       f'<circle cx="{at_x(x):.1f}" cy="{at_y(y):.1f}" r="3" fill="{color}"><title>{html.escape(name)}: {y:,.4g} ({low:,.4g} to {high:,.4g})</title></circle>')
        out.append(f'<text x="{WIDTH - RIGHT + 8}" y="{TOP + 12 + 16 * number}" fill="{color}">{html.escape(name)}</text>')
    out.append("</svg></figure>")
    return "".join(out)


def spread(values):
    return statistics.median(values), min(values), max(values)


def cost_plots(rows):
    """Cost of every row against N at the most common M, and against M at the largest N that has several."""
    found = matching(rows)
    out = []
    for kind in sorted({key[0] for key in found} - {"memory", "add-volume"}):
        for axis, label in ((0, "N, pools"), (1, "M, classes")):
            series = []
            for key in sorted(key for key in found if key[0] == kind):
                cells = found[key]
                fixed_values = [cell[1 - axis] for cell in cells]
                fixed = max(set(fixed_values), key=lambda value: (fixed_values.count(value), value))
                line = [(cell[axis], *spread([cost_us(row) for row in cells[cell]])) for cell in sorted(cells) if cell[1 - axis] == fixed]
                if len(line) > 1:
                    series.append((f"{key[1]} {key[2]}, {'NM'[1 - axis]}={fixed}", line))
            if series:
                out.append(plot(f"{kind}-{'NM'[axis]}", f"{kind}: cost against {label}", label, "µs", series))
    return out


def ratio_plots(rows):
    """How many times the linear matcher's cost is ours, with the least and the largest ratio of any two measurements."""
    found = matching(rows)
    out = []
    for kind in sorted({key[0] for key in found}):
        series = []
        for (_, who, variant), cells in sorted(found.items()):
            if _ != kind or who != "ours":
                continue
            base = found.get((kind, "linear", variant), {})
            common = sorted(cell for cell in cells if cell in base and cell[1] == 1000)
            line = []
            for cell in common:
                ours, theirs = [cost_us(r) for r in cells[cell]], [cost_us(r) for r in base[cell]]
                line.append((cell[0], statistics.median(theirs) / statistics.median(ours), min(theirs) / max(ours), max(theirs) / min(ours)))
            if line:
                series.append((variant, line))
        if series:
            out.append(plot(f"ratio-{kind}", f"{kind}: times faster than the linear matcher, M = 1000", "N, pools", "times", series))
    return out


def bars(rows):
    """Pairs that are compared in one run: what we reach as a share of the yardstick."""
    pairs = []
    for name in sorted(rows):
        for yardstick in ("bare", "etcd-put", "etcd-get"):
            if name.endswith("/" + yardstick):
                ours = name[: -len(yardstick)] + "ours"
                if ours in rows:
                    shares = [b / o for o, b in zip(sorted(map(cost_us, rows[ours])), sorted(map(cost_us, rows[name])))]
                    pairs.append((ours.rsplit("/", 1)[0] + " : " + yardstick, *spread(shares)))
    if not pairs:
        return []
    height, top = 28 * len(pairs) + 30, max(max(pair[3] for pair in pairs), 1.0)
    out = [f'<figure><figcaption>Requests per second as a share of the yardstick</figcaption><svg class="plot" id="shares" role="img" aria-label="shares" '
           f'viewBox="0 0 640 {height}" width="640" height="{height}">']
    for number, (name, middle, low, high) in enumerate(pairs):
        y = 20 + 28 * number

        def at(value):
            return 250 + 330 * value / top
        out.append(f'<text x="242" y="{y + 12}" text-anchor="end">{html.escape(name)}</text><rect x="250" y="{y}" width="{at(middle) - 250:.1f}" height="16" fill="{COLORS[0]}"/>'
                   f'<line x1="{at(low):.1f}" x2="{at(high):.1f}" y1="{y + 8}" y2="{y + 8}" stroke="#000"/><text x="{at(high) + 6:.1f}" y="{y + 12}">{middle:.2f}</text>')
    out.append(f'<line x1="{250 + 330 / top:.1f}" x2="{250 + 330 / top:.1f}" y1="10" y2="{height - 6}" stroke="#999" stroke-dasharray="3 3"/></svg></figure>')
    return ["".join(out)]


# ---- Figures as text.


def figure(name, rows):
    """(what, spread) of one benchmark as people read it."""
    first = rows[0]
    if "instructions" in first:
        return f"{first['instructions']:,} instructions", ""
    if "bytes" in first and not first.get("items_per_second") and not first["real_time"]:
        return f"{statistics.median(row['bytes'] for row in rows):,.0f} bytes", ""
    if name.startswith("memory/"):
        return f"{first['bytes_per_pool']:.1f} bytes a pool, {first['bytes_per_class']:.1f} a class", ""
    middle, low, high = spread([cost_us(row) for row in rows])
    extra = f", p99 {statistics.median(row['p99_us'] for row in rows) / 1000:,.2f} ms" if "p99_us" in first else ""
    if first.get("items_per_second"):
        return f"{1e6 / middle:,.0f} /s ({middle:,.3f} µs each){extra}", f"{1e6 / high:,.0f} to {1e6 / low:,.0f}"
    return f"{middle / 1000:,.2f} ms{extra}", f"{low / 1000:,.2f} to {high / 1000:,.2f}"


def table(rows):
    return [(name, *figure(name, rows[name]), len(rows[name])) for name in sorted(rows)]


def page(folder):
    files = files_of(folder)
    rows = load(files)
    if not rows:
        raise SystemExit(f"no results in {folder}")
    with open(next(path for path in files if os.path.getsize(path))) as file:
        context = json.load(file)["context"]
    plots = [p for p in cost_plots(rows) + ratio_plots(rows) + bars(rows) if p]
    lines = "".join(f"<tr><td>{html.escape(name)}</td><td>{html.escape(what)}</td><td>{html.escape(width)}</td><td>{count}</td></tr>" for name, what, width, count in table(rows))
    text = f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>drydock benchmarks</title><style>
body {{ font: 14px/1.5 sans-serif; max-width: 1120px; margin: 2em auto; padding: 0 1em }} figure {{ display: inline-block; margin: 0 0 1.5em }}
figcaption {{ font-weight: bold }} svg text {{ font: 11px sans-serif }} .grid {{ stroke: #ddd }} table {{ border-collapse: collapse }}
td, th {{ padding: 2px 10px; border-bottom: 1px solid #ddd; text-align: left }}
</style></head><body><h1>drydock benchmarks</h1>
<p>{html.escape(context.get('date', ''))}, {context.get('num_cpus')} CPUs. Compare figures of one run only. Vertical strokes run from the least to the largest measurement.</p>
<main data-plots="{len(plots)}">{"".join(plots)}</main>
<h2>All figures</h2><table><thead><tr><th>benchmark</th><th>median</th><th>least to largest</th><th>runs</th></tr></thead><tbody>{lines}</tbody></table></body></html>
"""
    path = os.path.join(folder, "index.html")
    with open(path, "w") as file:
        file.write(text)
    return path


# ---- Comparing.


def interval(base, new, draws=2000):
    """Median ratio new/base of cost with its 99 % interval, by bootstrap over pairs measured in the same round (seeded)."""
    chance = random.Random(1)
    pairs = list(zip(base, new))
    ratios = [n / b for b, n in pairs]
    middles = sorted(statistics.median(chance.choices(ratios, k=len(ratios))) for _ in range(draws))
    return statistics.median(ratios), middles[int(draws * 0.005)], middles[int(draws * 0.995) - 1]


def compare(base_file, new_file, tolerance=0.03):
    """Slower only if the whole interval lies above 1 + tolerance."""
    base, new = load([base_file]), load([new_file])
    slower = []
    print(f"{'benchmark':60} {'base µs':>12} {'new µs':>12}  new/base (99 % interval)")
    for name in sorted(set(base) & set(new)):
        old_costs, new_costs = [cost_us(r) for r in base[name]], [cost_us(r) for r in new[name]]
        if min(old_costs) <= 0 or min(new_costs) <= 0:
            continue
        middle, low, high = interval(old_costs, new_costs)
        verdict = "slower" if low > 1 + tolerance else "faster" if high < 1 - tolerance else ""
        if verdict == "slower":
            slower.append(name)
        print(f"{name:60} {statistics.median(old_costs):12.3f} {statistics.median(new_costs):12.3f}  {middle:.3f} ({low:.3f} to {high:.3f}) {verdict}")
    missing = sorted(set(base) ^ set(new))
    if missing:
        print("not in both: " + ", ".join(missing))
    print(f"{len(slower)} slower" + (": " + ", ".join(slower) if slower else ""))
    return 1 if slower else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["page", "table", "compare"])
    parser.add_argument("what", nargs="+")
    options = parser.parse_args()
    if options.command == "page":
        print(page(options.what[0]))
    elif options.command == "table":
        for name, what, width, _ in table(load(files_of(options.what[0]))):
            print(f"{name:55} {what:55} {width}")
    else:
        return compare(*options.what[:2])
    return 0


if __name__ == "__main__":
    sys.exit(main())
