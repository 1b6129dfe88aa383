# The look of all figures: one column wide (8.6 cm), theory as lines, simulation as points with standard errors, colours
# that colour-blind readers tell apart (Okabe and Ito) and a point shape of its own for each.
#
# A script is run as   gnuplot -c plots/NAME.gp RESULT.h5 PROGRAM OUTPUT   and begins by calling this file.

if (ARG3 eq "") {
    set print "-"
    print "usage: gnuplot -c plots/NAME.gp RESULT.h5 PROGRAM OUTPUT, such as build/fisherfield and plots/NAME"
    exit status 2
}
result  = ARG1
program = ARG2
output  = ARG3

set encoding utf8
set style line 1 lc rgb "#0072B2" lw 1.6 pt 7  ps 0.45   # blue, disc
set style line 2 lc rgb "#D55E00" lw 1.6 pt 5  ps 0.42   # vermilion, square
set style line 3 lc rgb "#009E73" lw 1.6 pt 9  ps 0.52   # green, triangle
set style line 4 lc rgb "#CC79A7" lw 1.6 pt 13 ps 0.55   # purple, diamond
set style line 5 lc rgb "#E69F00" lw 1.6 pt 11 ps 0.52   # orange, inverted triangle
set style line 6 lc rgb "#56B4E9" lw 1.6 pt 4  ps 0.45   # sky, open square
# The same, open: 11 to 15, thin and larger, so that there is a hole.
set style line 11 lc rgb "#0072B2" lw 0.8 pt 6  ps 0.52
set style line 12 lc rgb "#D55E00" lw 0.8 pt 4  ps 0.5
set style line 13 lc rgb "#009E73" lw 0.8 pt 8  ps 0.66
set style line 14 lc rgb "#CC79A7" lw 0.8 pt 12 ps 0.66
set style line 15 lc rgb "#E69F00" lw 0.8 pt 10 ps 0.66

set border lw 0.7
set tics scale 0.6 nomirror
set mxtics
set mytics
set key reverse Left samplen 1.6 spacing 1.1
unset errorbars
set pointintervalbox 1e-3

# The table of some variables, as a command: columns case, axes…, then 5 a variable (v, se, theory, sd, n).
table(variables) = sprintf("%s table %s %s", program, result, variables)
# read(block, command): a command that reads such a table, up to 1 MiB, into a data block, once for all curves; `eval` it. A larger
# one is plotted from "< ".table(…).
read(block, from) = (command = from, sprintf("set print %s; print system(command); unset print", block))

# need(cases, variables): a command that ends the script, before it has made a file, where the result has not all these variables
# or its cases do not begin with these; `eval` it first.
lacks(cases, variables) = (said  = system("said=$(".table(variables)." 2>&1 >/dev/null) || printf '%s' \"$said\""), \
                           there = system(program." info ".result." 2>/dev/null | awk '$1 == \"cases\" {sub(/^cases */, \"\"); printf \"%s\", $0}'"), \
                           said ne "" ? said : cases eq "" || strstrt(there.",", cases.",") == 1 ? "" \
                           : sprintf("%s has the cases %s; the figure shows %s", result, there, cases))
need(cases, variables) = sprintf("lack = lacks('%s', '%s'); ", cases, variables). \
    "if (lack ne '') { print ARG0.' draws experiments/'.system('basename '.ARG0.' .gp').'.yaml; '.lack; exit status 1 }"

# Whether the result is of --quick, whose sizes are other ones.
quick = strstrt(system(program." info ".result." 2>/dev/null | grep '^command'"), "--quick") > 0

# begin(format, h): a command that begins the figure, h cm high, as OUTPUT.pdf or OUTPUT.png (300 dpi); `eval` it.
begin(format, h) = (format eq "pdf") \
    ? sprintf("set terminal pdfcairo size 8.6cm,%gcm font 'DejaVu Sans,8.5'; set output '%s.pdf'", h, output) \
    : sprintf("set terminal pngcairo size 1016,%d font 'DejaVu Sans,7' fontscale 3.9 linewidth 4 pointscale 4; set output '%s.png'", \
              int(h / 2.54 * 300), output)
