#!/usr/bin/env python3
"""read_page.py MNIST_DEMO ENGINE_LOGITS RENDER_PAGES DATA_DIR [FOLDER]: pages of real runs, and of made-up ones, in
headless Chromium. In FOLDER they stay, with pictures of how they look."""

import array
import base64
import gzip
import importlib.util
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
SIDE = 28
IMAGES = 1000
LARGEST = 3_000_000  # bytes
READ_RIGHT = 0.9     # of the drawn digits
PHONE = 360          # pixels wide
DESK = 1100

sys.path.insert(0, str(HERE))
from browser import Browser, chromium  # pylint: disable=wrong-import-position


def data_flags(folder):
    """Real MNIST where it lies there, else synthetic digits."""
    if (folder / "t10k-images-idx3-ubyte.gz").exists():
        return ["--dataset", "mnist", "--data_dir", str(folder)]
    return ["--dataset", "synthetic"]


def command_for(demo, page, flags):
    """A run on the CPU that leaves a page."""
    return [demo, "--device", "cpu", "--page", str(page), *flags]


def train(demo, page, flags):
    """Runs the program to its end."""
    run = subprocess.run(command_for(demo, page, flags), capture_output=True, text=True, check=False)
    assert run.returncode == 0, (flags, run.returncode, run.stderr)
    assert page.stat().st_size < LARGEST, (page, page.stat().st_size)


def interrupt(demo, page, flags):
    """Runs the program until it has begun to learn."""
    with subprocess.Popen(command_for(demo, page, flags), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True) as run:
        while "Accuracy at step 20:" not in (line := run.stdout.readline()):
            assert line, "the run ended before step 20"
        run.send_signal(signal.SIGINT)
        run.communicate()
    assert run.returncode == 130, run.returncode


def content_of(page):
    """What the page knows of the training."""
    text = page.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="content">(.*?)</script>', text, re.DOTALL)[1])


def some_images(folder):
    """The first images of MNIST's test set, or, without it, patterns."""
    file = folder / "t10k-images-idx3-ubyte.gz"
    if file.exists():
        with gzip.open(file) as images:
            return images.read()[16:16 + IMAGES * SIDE * SIDE]
    return bytes((7 * i * i + i // 97) % 256 for i in range(IMAGES * SIDE * SIDE))


def difference_from_the_engine(browser, engine_logits, page, model, images):
    """The largest between a logit of the page's and of the engine's; their answers are the same."""
    parameters = base64.b64decode(content_of(page)["trained"]["parameters"])
    run = subprocess.run([engine_logits, model], input=parameters + images, capture_output=True, check=True)
    engines = array.array("f", run.stdout)
    pages = browser.evaluate(f"""(images => Array.from({{length: {IMAGES}}}, (_, i) =>
        Array.from(network.logits(images.subarray({SIDE * SIDE} * i, {SIDE * SIDE} * (i + 1))))).flat()
        )(bytesOf('{base64.b64encode(images).decode()}'))""")
    assert len(pages) == len(engines) == 10 * IMAGES, (len(pages), len(engines))
    for i in range(0, len(pages), 10):
        page_row, engine_row = pages[i:i + 10], list(engines[i:i + 10])
        assert page_row.index(max(page_row)) == engine_row.index(max(engine_row)), (i // 10, page_row, engine_row)
    return max(abs(one - other) for one, other in zip(pages, engines))


def smooth(stroke):
    """Points along a curve through those of a stroke (Catmull-Rom); one that stands twice is a corner."""
    parts = [[stroke[0]]]
    for point in stroke[1:]:
        if point == parts[-1][-1]:
            parts.append([])
        parts[-1].append(point)
    for part in parts:
        ends = [part[0], *part, part[-1]]
        for before, start, end, after in zip(ends, ends[1:], ends[2:], ends[3:]):
            for step in range(6):
                t = step / 6
                yield [0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t
                              + (3 * b - a - 3 * c + d) * t ** 3)
                       for a, b, c, d in zip(before, start, end, after)]
        yield part[-1]


def draw(browser, box, strokes, slowly=False):
    """With a mouse; strokes are in hundredths of the sheet. The answer, or '' where there is none."""
    for stroke in strokes:
        points = [(box["x"] + x / 100 * box["width"], box["y"] + y / 100 * box["width"]) for x, y in smooth(stroke)]
        browser.mouse("mousePressed", *points[0])
        for point in points[1:]:
            browser.mouse("mouseMoved", *point)
            if slowly:
                browser.frames()
        last = browser.mouse("mouseReleased", *points[-1])
    browser.answer(last)
    browser.frames()
    return browser.evaluate("byId('answer').dataset.digit")


def share_read_right(browser):
    """Of the drawn digits; says which were read as what."""
    box = browser.evaluate("byId('canvas').getBoundingClientRect().toJSON()")
    drawn = json.loads((HERE / "drawn_digits.json").read_text(encoding="utf-8"))
    assert all(sum(one["digit"] == digit for one in drawn) >= 10 for digit in range(10))
    right = 0
    for one in drawn:
        answer = draw(browser, box, one["strokes"])
        right += answer == str(one["digit"])
        if answer != str(one["digit"]):
            print(f"  {one['digit']} ({one['style']}) is read as {answer or 'nothing'}")
        browser.evaluate("byId('clear').click()")
    print(f"  {right} of {len(drawn)} drawn digits are read right")
    return right / len(drawn)


def check_keyboard(browser):
    """A 7 by the arrow keys, what is said of it, Undo and Delete; and the buttons in the order of tabs."""
    browser.evaluate("document.activeElement.blur()")
    for _ in range(20):
        browser.key("Tab")
        if browser.evaluate("document.activeElement.id") == "canvas":
            break
    assert browser.evaluate("!byId('pen').hidden"), "the pen is not shown"
    for key, times in [("ArrowUp", 6), ("ArrowLeft", 4), (" ", 1), ("ArrowRight", 8)]:
        for _ in range(times):
            browser.key(key)
    for _ in range(6):
        for key in ("ArrowDown", "ArrowDown", "ArrowLeft"):
            browser.key(key)
    assert browser.evaluate("byId('spoken').textContent") == "Pen down"
    browser.key(" ")
    browser.frames()
    assert browser.evaluate("byId('answer').dataset.digit") == "7", browser.evaluate("byId('answer').textContent")
    time.sleep(1)
    spoken = browser.evaluate("byId('spoken').textContent")
    assert re.fullmatch(r"Read as 7, (over )?[\d.]+ % sure", spoken), spoken
    browser.key("Backspace")
    browser.frames()
    assert browser.evaluate("byId('answer').dataset.digit") == ""
    assert browser.evaluate("byId('spoken').textContent") == "The sheet is empty"
    for button in ("undo", "clear"):
        browser.key("Tab")
        assert browser.evaluate("document.activeElement.id") == button


def check_what_is_said(browser):
    """While a hand draws, the live region keeps quiet; once it rests, it speaks once."""
    box = browser.evaluate("byId('canvas').getBoundingClientRect().toJSON()")
    browser.evaluate("""globalThis.told = [];
        new MutationObserver(() => told.push(byId('spoken').textContent)).observe(byId('spoken'), {childList: true})""")
    assert draw(browser, box, [[[28, 34], [46, 18], [62, 26], [60, 46], [40, 70], [28, 78], [24, 70], [34, 66], [52, 78],
                                [76, 76]]], slowly=True) == "2"
    time.sleep(1)
    told = browser.evaluate("told")
    assert len(told) == 1 and told[0].startswith("Read as 2, "), told


def check_accessible(browser, name):
    """By axe's rules, for WCAG 2.2 AA and its best practices."""
    violations = browser.evaluate("axe.run().then(found => found.violations.map(one =>"
                                  " [one.id, one.nodes.map(node => node.target.join(' ') + ': ' + node.failureSummary)]))")
    assert not violations, (name, violations)


def check_looks(browser, name, folder, looks):
    """Fits its screen and can be read, on each of (width, dark)."""
    axe = pathlib.Path(importlib.util.find_spec("axe_playwright_python").origin).parent / "axe.min.js"
    browser.evaluate(axe.read_text(encoding="utf-8") + "; 0")
    for width, dark in looks:
        look = f"{name}_{width}_{'dark' if dark else 'light'}"
        browser.look(width, dark=dark, scale=2 if width < 600 else 1)
        wide = browser.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, (look, wide)
        check_accessible(browser, look)
        if folder:
            browser.screenshot(folder / f"{look}.png")


def check_quiet(browser, name):
    """It says nothing on the console, breaks no policy, and asks for nothing."""
    assert not browser.complaints(), (name, browser.complaints())
    assert not browser.requests(), (name, browser.requests())
    # Nor could it.
    reached = browser.evaluate("fetch('https://example.com/').then(() => 'reached', error => error.name)")
    assert reached == "TypeError" and any("example.com" in str(one) for one in browser.evaluate("violations")), name


def open_page(page):
    """In a browser of its own."""
    browser = Browser(page.as_uri())
    browser.look(DESK)
    return browser


def check_page(page, pictures):
    """All that holds for every page."""
    browser = open_page(page)
    check_looks(browser, page.stem, pictures, [(PHONE, False), (DESK, True)])
    check_quiet(browser, page.stem)
    visible = browser.evaluate("[...document.querySelectorAll('section:not([hidden])')].map(section => section.id)")
    browser.close()
    return visible


def check_trained(page, model, engine_logits, images, pictures):
    """A page with a network to draw for."""
    browser = open_page(page)
    difference = difference_from_the_engine(browser, engine_logits, page, model, images)
    print(f"  {model}: logits differ from the engine's by at most {difference:.2e}")
    assert difference < 1e-4
    assert share_read_right(browser) >= READ_RIGHT
    if model == "lenet":
        check_keyboard(browser)
        check_what_is_said(browser)
        if pictures:
            browser.look(DESK, height=1390)
            browser.evaluate("scrollTo(0, 0)")
            browser.screenshot(pictures / "page.png", whole=False)
        check_looks(browser, page.stem, pictures, [(PHONE, False), (PHONE, True), (DESK, False)])
    check_looks(browser, page.stem, pictures, [(DESK, True)])
    check_quiet(browser, page.stem)
    browser.close()


def main(demo, engine_logits, render_pages, data_dir, folder, pictures):
    """All pages, made in `folder`; pictures of them go to `pictures`, if that is not None."""
    data = data_flags(data_dir)
    images = some_images(data_dir)
    for model in ("lenet", "mlp"):
        print(f"{model}, {data[1]}:")
        page = folder / f"{model}.html"
        train(demo, page, ["--model", model, "--max_steps", "1000", "--eval_every", "50", *data])
        check_trained(page, model, engine_logits, images, pictures)

    everything = ["draw", "learning", "mistakes", "filters", "device", "time-spent"]
    interrupt(demo, folder / "early.html", ["--max_steps", "1000000", *data])
    subprocess.run([render_pages, str(folder)], check=True)
    for name, sections in (("early", everything), ("full", everything), ("hostile", everything[:-1]),
                           ("nothing", ["device"])):
        shown = check_page(folder / f"{name}.html", pictures)
        assert shown == sections, (name, shown)


if __name__ == "__main__":
    if not chromium():
        print("skipped: there is no Chromium here")
        sys.exit(1 if os.environ.get("MNIST_REQUIRE_READERS") == "1" else 77)
    *programs, mnist = sys.argv[1:5]
    if len(sys.argv) > 5:
        main(*programs, pathlib.Path(mnist), pathlib.Path(sys.argv[5]), pathlib.Path(sys.argv[5]))
    else:
        with tempfile.TemporaryDirectory() as scratch:
            main(*programs, pathlib.Path(mnist), pathlib.Path(scratch), None)
