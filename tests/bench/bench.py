"""make bench: what Fisherfield does in a second and in how much memory, beside what the machine could and NumPy does.

    bench.py BUILD [quick]

Whole processes are timed, the program as anyone runs it: networks a second are counted without the start-up, for which
the runs are long enough not to matter (2 % in full). Program and NumPy take turns, both with all cores and the same
BLAS kernel, and a ratio is one of the same round; medians over the rounds. Networks are tanh, sigma_w^2 = 3,
sigma_b^2 = 0.64, and `measure: [fisher]`. Needs nothing but Python; without NumPy its columns are left out.
"""
import glob
import math
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

BUILD, QUICK = sys.argv[1], "quick" in sys.argv[2:]
HERE = os.path.dirname(__file__)
ROUNDS, SECONDS, PROBE_SECONDS = (1, 1.5, 0.5) if QUICK else (3, 3, 1.5)
LONGEST = 5 if QUICK else 60  # seconds for one network of the figure

# (M, L, C, T): at least so many times NumPy's networks a second
SHAPES = {(1000, 3, 1, 100): 6, (1000, 3, 10, 100): 1.8, (4000, 3, 1, 100): 25, (200, 3, 1, 1000): 1.8,
          (100000, 3, 1, 100): None}
WIDTHS = [round(100 * 10 ** (i / 2)) for i in range(9)]
MILLION = 10 ** 6
EIGS = ["eigvalsh", "lanczos"]  # NumPy's own, which the bars are about; an iteration written for this comparison
PHASES = ["normals", "phi", "gate", "gemm", "roots", "dual", "eigen"]
STATISTICS = ["fisher_eig_mean", "fisher_eig_second_moment", "fisher_eig_max"]

bars = []


def judge(what, found, reached):
    bars.append(f"{'ok' if reached else 'NOT REACHED':12}{what}: {found}")


# ---- processes

class Failed(Exception):
    """A process that ended otherwise than well: the last sentence of the last line that it said."""


def run(command, **environment):
    """Wall seconds, peak MiB, standard output."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, env={**os.environ, **environment})
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode != 0:
            raise Failed((err.read().strip().splitlines() or [f"exit {process.returncode}"])[-1].split(": ", 3)[-1])
        return seconds, used.ru_maxrss / 1024, out.read()


def numbers(text):
    """{"name": value} of "name value" or "name=value"."""
    words = text.replace("=", " ").split()
    return {name: value if name in ("kernel", "blas") else float(value) for name, value in zip(words[::2], words[1::2])}


class Program:
    def __init__(self, folder, kernel):
        self.folder, self.environment = folder, {"OPENBLAS_CORETYPE": kernel.upper()}
        self.startup = 0
        self.startup = min(self.seconds((2, 1, 1, 2), 1) for _ in range(5))

    def run(self, shape, networks, seed=1, memory="20GiB", program="fisherfield"):
        """Wall seconds, peak MiB; the result is self.result."""
        M, L, C, T = shape
        experiment, self.result = os.path.join(self.folder, "bench.yaml"), os.path.join(self.folder, "bench.h5")
        with open(experiment, "w") as f:
            f.write(f"seed: {seed}\ntrials: {networks}\nmeasure: [fisher]\nmemory: {memory}\n"
                    "network: {activation: tanh, weight_variance: 3, bias_variance: 0.64, "
                    f"depth: {L}, width: {M}, outputs: {C}}}\ndata: {{inputs: gaussian, samples: {T}}}\n")
        if os.path.exists(self.result):
            os.remove(self.result)
        return run([os.path.join(BUILD, program), "run", experiment, "-o", self.result], **self.environment,
                   BENCH_CLOCKS=os.path.join(self.folder, "clocks"))[:2]

    def seconds(self, *arguments, **options):
        """Without the start-up."""
        return self.run(*arguments, **options)[0] - self.startup

    def networks_in(self, shape, seconds):
        networks, took = 1, self.seconds(shape, 1)
        while took < min(seconds, 0.5):
            networks *= 4
            took = self.seconds(shape, networks)
        return max(1, math.ceil(networks * seconds / took))

    def statistics(self):
        """{"name": mean, "name_se": standard error} of the last result."""
        command = [os.path.join(BUILD, "fisherfield"), "table", self.result, *STATISTICS]
        names, values = (line.split("\t") for line in run(command)[2].splitlines())
        return {name: float(value) for name, value in list(zip(names, values))[1:]}

    def clocks(self):
        """{phase: processor seconds} of the last run of the clocked program."""
        with open(os.path.join(self.folder, "clocks")) as f:
            return numbers(f.read())


class NumPy:
    """numpy_grams.py, with the OpenBLAS of ours also where the system's BLAS is another."""

    def __init__(self, kernel, cores):
        self.environment = {"OPENBLAS_CORETYPE": kernel.upper(),
                            "LD_LIBRARY_PATH": ":".join(glob.glob("/usr/lib/*/openblas*/"))}
        self.ways = [(processes, cores // processes, eig) for processes in sorted({cores, 1}, reverse=True)
                     for eig in EIGS]
        self.startup = 0
        trivial = [self.run((2, 2, 1, 2), 2, (1, 1, "lanczos")) for _ in range(5)]
        self.startup = min(seconds for seconds, _, _ in trivial)
        found = trivial[0][2]["blas"]
        if found != kernel:
            raise Failed(f"it runs on {'no OpenBLAS' if found == 'none' else 'the kernel ' + found}, not on {kernel}")

    def run(self, shape, networks, way, seed=1):
        """Wall seconds, peak MiB of all processes, what it printed."""
        processes, threads, eig = way
        seconds, mib, out = run([sys.executable, os.path.join(HERE, "numpy_grams.py"), *map(str, shape),
                                 f"--networks={networks}", f"--processes={processes}", f"--threads={threads}",
                                 f"--eig={eig}", f"--seed={seed}"], **self.environment,
                                OPENBLAS_NUM_THREADS=str(threads))
        return seconds, mib * processes, numbers(out)

    def fits(self, shape, processes):
        M, L, C, T = shape
        with open("/proc/meminfo") as f:
            available = next(1024 * float(line.split()[1]) for line in f if line.startswith("MemAvailable"))
        return 8 * processes * (max(1, L - 2) * M * M + M * T * (L + 2 * C) + 2 * (C * T) ** 2) < 0.7 * available

    def best(self, shape, seconds, eig=None, longest=math.inf):
        """The fastest way (of those with `eig`), its seconds a network and MiB. A way whose first networks take half
        of `longest` is the last to be tried."""
        found = []
        for way in self.ways:
            if not self.fits(shape, way[0]) or eig not in (None, way[2]):
                continue
            networks, took = way[0], 0
            while took < seconds / 2:
                networks *= max(1, math.ceil(min(seconds / max(took, 1e-3), 30))) if took else 1
                took, mib, _ = self.run(shape, networks, way)
                took -= self.startup
            if took < seconds:  # once more: the way is chosen by this
                took = min(took, self.run(shape, networks, way)[0] - self.startup)
            found.append((took / networks, mib, way))
            if took > longest / 2:
                break
        each, mib, way = min(found)
        return way, each, mib


# ---- the floor

def floor(shape, rates):
    """Core-seconds of one network by the cheapest algebra known, at the rates measured: (normals, flops), both in
    seconds. Of the inputs only their Gram matrix is needed. The weights of each layer between hidden ones are drawn or,
    where that is cheaper, replaced by the conditional law (src/net/conditional.c), in which products with a triangle
    cost half; those above are explicit. H^l and D^l of the hidden layers are needed either way. Activations, the
    Hadamard products and the eigenvalues are left out."""
    M, L, C, T = shape
    CT = C * T
    normal, flop = 1e-9 * rates["normal_ns"], 1e-9 / rates["square_gflops"]
    normals, flops = (T * T / 2, T ** 3) if M > T and L > 1 else (M * T, M * T * T)
    normals, flops = normals + C * M, flops + 2 * CT * M
    for l in range(1, L):
        flops += M * T * T + M * CT * CT
        r, y = min(T, M), min(CT, M)
        drawn = (M * M, 2 * M * M * (T + (CT if l > 1 else 0)))
        law = (M * r + (M * y if l > 1 else 0),
               M * T * r + T ** 3 / 3 + (M * (2 * y * T + 4 * CT * T + CT * y) + CT ** 3 / 3 if l > 1 else 0))
        cheaper = min(drawn, law, key=lambda cost: normal * cost[0] + flop * cost[1])
        normals, flops = normals + cheaper[0], flops + cheaper[1]
    return normal * normals, flop * flops


# ---- the tables

def processor():
    with open("/proc/cpuinfo") as f:
        return next((line.split(":")[1].strip() for line in f if line.startswith("model name")), "unknown processor")


def say(text=""):
    print(text, flush=True)


def print_machine(rates, version):
    say(f"{version}, {processor()}, {rates['cores']:.0f} cores, OpenBLAS kernel {rates['kernel']}, "
        f"load {os.getloadavg()[0]:.2f}")
    say(f"one core: {rates['normal_ns']:.2f} ns a normal, {rates['tanh_ns']:.2f} ns a tanh with its derivative")
    say(f"          dgemm {rates['square_gflops']:.1f} GF/s (1000,1000)(1000,1000), {rates['tall_gflops']:.1f} "
        f"(1000,100)(100,100), {rates['inner_gflops']:.1f} (100,1000)(1000,100); dsyrk {rates['gram_gflops']:.1f} "
        "(100,1000)")
    judge("normals, ns on one core, at most 3", f"{rates['normal_ns']:.2f}", rates["normal_ns"] <= 3)


def agree(program, numpy):
    """Both sides sample one law; false alarms: below one in 5000 calls."""
    shape, networks, worst = (50, 3, 2, 10), 10000, 0
    program.run(shape, networks)
    ours, theirs = program.statistics(), numpy.run(shape, networks, numpy.ways[0])[2]
    say(f"both at {shape}, means of {networks} networks:")
    for name in STATISTICS:
        error, their_error = ours[name + "_se"], theirs[name + "_se"]
        z = (ours[name] - theirs[name]) / math.hypot(error, their_error)
        worst = max(worst, abs(z))
        say(f"  {name:26}{ours[name]:10.5g} +- {error:.2g}, NumPy {theirs[name]:.5g} +- {their_error:.2g}, z = {z:.1f}")
    judge("same means as NumPy, apart by at most 4 standard errors", f"{worst:.1f}", worst <= 4)


def compare(program, numpy, shape, bar):
    networks = program.networks_in(shape, max(SECONDS, 0 if QUICK else 50 * program.startup))
    ways = [numpy.best(shape, PROBE_SECONDS, eig) for eig in EIGS] if numpy and bar else []
    rates, their_rates, mib, their_mib = [], [[] for _ in ways], 0, 0
    for seed in range(1, ROUNDS + 1):
        seconds, peak = program.run(shape, networks, seed)
        rates.append(networks / (seconds - program.startup))
        mib = max(mib, peak)
        for (way, each, _), found in zip(ways, their_rates):
            many = max(2 * way[0], math.ceil(max(SECONDS, 0 if QUICK else 50 * numpy.startup) / each))
            seconds, peak, _ = numpy.run(shape, many, way, seed)
            found.append(many / (seconds - numpy.startup))
            their_mib = max(their_mib, peak)
    line = f"{str(shape):21}{median(rates):10.4g}{mib:7.0f}"
    if ways:
        line += f"{their_mib:11.0f}"
        ratios = [median(a / b for a, b in zip(rates, found)) for found in their_rates]
        for (way, _, _), found, ratio in zip(ways, their_rates, ratios):
            line += f"{median(found):10.4g} ({way[0]} x {way[1]}){ratio:7.2f}"
        line += f"{bar:6}"
        judge(f"{shape}: times NumPy with eigvalsh, at least {bar}", f"{ratios[0]:.2f}", ratios[0] >= bar)
    say(line)
    return networks


def print_phases(program, shape, networks, rates):
    seconds, _ = program.run(shape, networks, program="tests/bench/clocked")
    clocks, cores = program.clocks(), rates["cores"]
    each = 1e3 / networks
    idle = cores * seconds - clocks["all"]
    rest = clocks["all"] - sum(clocks[phase] for phase in PHASES)
    normals, products = (1e3 * x for x in floor(shape, rates))
    reached = (normals + products) / (cores * seconds * each)
    columns = [clocks[phase] for phase in PHASES] + [rest, idle, cores * seconds]
    say(f"{str(shape):21}" + "".join(f"{each * x:8.4g}" for x in columns))
    say(f"{'  floor':21}{normals:8.4g}{products:24.4g}{normals + products:48.4g}{100 * reached:5.0f} %")


# ---- cost against width

def width_point(program, M, note):
    """Seconds a network and MiB; refused with less memory than it wants, it gets more."""
    for memory in "3GiB", "20GiB":
        try:
            seconds, mib = program.run((M, 3, 1, 100), 1, memory=memory)
            seconds -= program.startup
            if seconds < 0.5:
                networks = program.networks_in((M, 3, 1, 100), SECONDS / 2)
                seconds, mib = program.run((M, 3, 1, 100), networks, memory=memory)
                seconds = (seconds - program.startup) / networks
            return seconds, mib
        except Failed as failed:
            note(f"M = {M}, memory {memory}: {str(failed)[:75]}")
    return None


def print_widths(program, numpy, path):
    say(f"\ncost against M at (M, 3, 1, 100)\n{'M':>9}{'s/network':>12}{'MiB':>9}" +
        (f"{'NumPy s':>13}{'MiB':>9}" if numpy else ""))
    ours, last, numpy_last, rows = {}, 0, 0, []
    for M in WIDTHS:
        row = [math.nan] * 4
        if last * math.sqrt(10) < LONGEST:
            point = width_point(program, M, lambda text: say("  " + text))
            if point:
                row[:2] = ours[M] = point
                last = point[0]
        if numpy and 10 * numpy_last < LONGEST and numpy.fits((M, 3, 1, 100), 1):
            row[2:] = numpy.best((M, 3, 1, 100), PROBE_SECONDS, longest=LONGEST / 2)[1:]
            numpy_last = row[2]
        rows.append(row)
        say(f"{M:9}" + "".join(f"{x:{w}.4g}" for x, w in zip(row, (12, 9, 13, 9)) if not math.isnan(x)))
    with open(path, "w") as f:
        f.write("# M seconds MiB numpy_seconds numpy_MiB\n")
        for M, row in zip(WIDTHS, rows):
            f.write(f"{M}\t" + "\t".join(f"{x:.6g}" for x in row) + "\n")
    return ours


def judge_widths(program, ours):
    wide = [M for M in ours if M >= 10 ** 4]
    if len(wide) > 1:
        first, end = wide[0], wide[-1]
        power = math.log(ours[end][0] / ours[first][0]) / math.log(end / first)
        judge(f"seconds as M^p from M = {first} to {end}, p at most 1.1", f"{power:.2f}", power <= 1.1)
    if QUICK:
        return
    if MILLION in ours:
        seconds, mib = ours[MILLION]
        judge("one network of M = 1000000, under 20 s and 3 GiB", f"{seconds:.1f} s, {mib / 1024:.2f} GiB",
              seconds < 20 and mib < 3 * 1024)
    try:
        seconds, mib = program.run((MILLION, 3, 1, 100), 1, memory="450MiB")
        judge("the same with `memory: 450MiB`, under 20 s and 500 MiB", f"{seconds:.1f} s, {mib:.0f} MiB",
              seconds < 20 and mib < 500)
    except Failed as failed:
        judge("the same with `memory: 450MiB`, under 20 s and 500 MiB", str(failed)[:38], False)


def print_steps(kernel):
    """Steps of training: processor time over that of a gradient step."""
    for arguments, bar in ((["4096", "100", "1"], 1.5), (["1024", "100", "10"], None)):
        ratios = numbers(run([os.path.join(BUILD, "tests/bench/steps"), *arguments, "2" if QUICK else "5"],
                             OPENBLAS_CORETYPE=kernel.upper())[2])
        say(f"\na step of training at M, T, C = {', '.join(arguments)}: gradient "
            f"{ratios.pop('gradient_seconds'):.3g} s; times that\n  " +
            ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items()))
        if bar:
            judge(f"an exact natural-gradient step at M = {arguments[0]}, gradient steps, at most {bar}",
                  f"{ratios['exact']:.2f}", ratios["exact"] <= bar)


def main():
    start = time.perf_counter()
    rates = numbers(run([os.path.join(BUILD, "tests/bench/rates")])[2])
    out = os.path.join(BUILD, "bench")
    os.makedirs(out, exist_ok=True)
    print_machine(rates, run([os.path.join(BUILD, "fisherfield"), "--version"])[2].split("\n")[0])
    with tempfile.TemporaryDirectory(dir=out) as folder:
        program = Program(folder, rates["kernel"])
        try:
            numpy = NumPy(rates["kernel"], int(rates["cores"]))
            say(f"start-up: {program.startup:.3f} s, NumPy {numpy.startup:.3f} s")
            agree(program, numpy)
        except Failed as failed:
            numpy = None
            say(f"no comparison with NumPy of {sys.executable} (Debian: python3-numpy): {failed}")
        say(f"\nwhole processes, {rates['cores']:.0f} cores; NumPy in its fastest way, processes x BLAS threads, with its "
            "own eigenvalues\n(eigvalsh) and with a Lanczos iteration written for this comparison\n"
            f"{'(M, L, C, T)':21}{'networks/s':>10}{'MiB':>7}" +
            (f"{'NumPy MiB':>11}{'eigvalsh/s':>18}{'ratio':>7}{'Lanczos/s':>18}{'ratio':>7}{'bar':>6}"
             if numpy else ""))
        networks = {}
        for shape, bar in SHAPES.items():
            try:
                networks[shape] = compare(program, numpy, shape, bar)
            except Failed as failed:
                say(f"{shape} left out: {failed}")
        say("\ncore-milliseconds a network, by phase (processor time of all threads; idle: cores that waited)\n" +
            f"{'':21}" + "".join(f"{name:>8}" for name in [*PHASES, "rest", "idle", "all"]) + "  reached")
        for shape in networks:
            print_phases(program, shape, networks[shape], rates)
        ours = print_widths(program, numpy, os.path.join(out, "cost.tsv"))
        judge_widths(program, ours)
    print_steps(rates["kernel"])
    figure = os.path.join(out, "cost")
    try:
        run(["gnuplot", "-c", os.path.join(HERE, "cost.gp"), figure + ".tsv", os.path.join(BUILD, "fisherfield"), figure])
        say(f"  drawn: {figure}.pdf and .png")
    except (Failed, FileNotFoundError) as failed:
        say(f"  not drawn: {failed}")
    say("\n" + "\n".join(bars))
    say(f"\n{time.perf_counter() - start:.0f} s, load {os.getloadavg()[0]:.2f}")


main()
