# Seconds and memory of one network against width, Fisherfield and NumPy: a figure of make bench.
# gnuplot -c tests/bench/cost.gp BUILD/bench/cost.tsv PROGRAM OUTPUT
call "plots/style.gp" ARG1 ARG2 ARG3

set datafile missing "nan"
array names[2] = ["Fisherfield", "NumPy, explicit weights"]

do for [format in "pdf png"] {
    eval begin(format, 11)
    set multiplot layout 2,1 margins 0.17,0.97,0.1,0.985 spacing 0.025
    set logscale xy
    set xrange [70:1.4e6]
    set format y "10^{%T}"
    set format x ""
    unset xlabel

    set ylabel "seconds a network"
    set yrange [1e-4:1e2]
    set key bottom right
    set label 1 "∝ M²" at 7e2,4
    set label 2 "∝ M" at 2.2e5,0.07
    plot x > 1e3 ? 4e-7 * x**2 : NaN with lines lc rgb "gray60" dt 2 notitle, \
         x > 2e3 ? 1e-6 * x : NaN with lines lc rgb "gray60" dt 2 notitle, \
         for [i=1:2] result using 1:(column(2 * i)) with linespoints ls i title names[i]

    set ylabel "memory  (MiB)"
    set yrange [10:3e4]
    unset key
    unset label 2
    set label 1 "L = 3, C = 1, T = 100" at graph 0.04,0.93
    set xlabel "width  M"
    set format x "10^{%T}"
    plot for [i=1:2] result using 1:(column(2 * i + 1)) with linespoints ls i
    unset multiplot
}
