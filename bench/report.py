# SPDX-License-Identifier: MIT
"""What was measured, on the terminal and in the document."""
import importlib

DOCUMENT = "docs/performance.md"
BEGIN = "<!-- bench/run writes from here -->"
END = "<!-- to here -->"
CODECS = {"isa-l": "ISA-L"}


def verdict(row):
    if "aim" not in row:
        return ""
    return row["aim"] + (" ✓" if row["met"] else " ✗")


def figure(row):
    if "calls" in row:
        calls = row["calls"]
        return "0" if calls == 0 else f"{calls:.2g}"
    return f"{row['ratio']:.3g}"


def table(rows):
    """Titles and cells; skips apart."""
    measured = [row for row in rows if "skip" not in row]
    if not measured:
        return [], []
    if "codec" in measured[0]:
        titles = ["Codec, level", "wd level", "size, 64 KiB", "speed",
                  "size, 512 KiB", "speed"]
        return titles, [[
            f"{CODECS.get(r['codec'], r['codec'])} {r['codec_level']}",
            str(r["level"] or ""), f"{r['size']:.3f}", f"{r['speed']:.3f}",
            f"{r['size_large']:.3f}", f"{r['speed_large']:.3f}"]
            for r in measured]
    if "calls" in measured[0]:
        return ["What", "Calls an operation", "Aim"], [
            [r["what"], figure(r), verdict(r)] for r in measured]
    return ["What", "Beside", "Ratio", "Quartiles", "Aim", ""], [
        [r["what"], r["peer"], figure(r),
         "{:.3g} – {:.3g}".format(*r["spread"]) if r["spread"] else "",
         verdict(r), r["note"]] for r in measured]


def skips(rows):
    return sorted({row["skip"] for row in rows if "skip" in row})


def print_rows(rows):
    titles, cells = table(rows)
    lines = [titles, *cells] if cells else []
    widths = [max(map(len, column)) for column in zip(*lines)]
    for line in lines:
        print("  " + "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
    for skip in skips(rows):
        print(f"  left out: {skip}")


def markdown(results):
    for name, rows in results["parts"].items():
        yield f"## {importlib.import_module('part_' + name).TITLE}"
        yield ""
        titles, cells = table(rows)
        if cells:
            yield "| " + " | ".join(titles) + " |"
            yield "|" + "---|" * len(titles)
            for line in cells:
                yield "| " + " | ".join(line) + " |"
            yield ""
        for skip in skips(rows):
            yield f"Left out: {skip}."
            yield ""


def write_document(results):
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    made = "\n".join(markdown(results))
    count = results["machine"]["processors"]
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(f"{before}{BEGIN}\n\nProcessors: {count}.\n\n{made}\n"
                   f"{END}{after}")
