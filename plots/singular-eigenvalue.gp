# The smallest eigenvalue of the Fisher matrix of a committee machine towards its singular regions.
# gnuplot -c plots/singular-eigenvalue.gp results/singular-eigenvalue.h5 build/fisherfield plots/singular-eigenvalue
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("overlap, overlap-learned, weight, norm", "singular_smallest")

eval read("$DATA", table("singular_smallest"))   # columns case, distance, sample_size, v, se, theory, sd, n
array cases[4] = ["J_1 = J_2, v fixed", "J_1 = J_2, v learned", "v_2 = 0", "J_2 = 0, v learned"]
at_10000(size, value) = size == 10000 ? value : NaN

# The exponent between the two smallest distances, as simulated.
array exponents[4]
do for [i=1:4] {
    stats $DATA index i-1 using ($3 == 10000 ? $2 : NaN) nooutput
    nearest = STATS_min
    stats $DATA index i-1 using ($3 == 10000 && $2 > nearest ? $2 : NaN) nooutput
    second = STATS_min
    stats $DATA index i-1 using ($3 == 10000 && $2 == nearest ? log($4) : NaN) nooutput
    low = STATS_mean
    stats $DATA index i-1 using ($3 == 10000 && $2 == second ? log($4) : NaN) nooutput
    exponents[i] = (STATS_mean - low) / log(second / nearest)
}

set datafile missing NaN   # lines go on over the other T

do for [format in "pdf png"] {
    eval begin(format, 8.5)
    set logscale xy
    set xrange [0.02:1]
    set yrange [1e-13:1000]
    set xtics (0.02, 0.05, 0.1, 0.2, 0.5, 1)
    set ytics 100
    unset mytics
    set format y "10^{%T}"
    set xlabel "distance  d  from the singular region"
    set ylabel "smallest eigenvalue of G"
    set key top left
    set label 1 "N = 10, T = 10^4\nlines: theory\npoints: simulation\n± s.e.; powers: of\nthe two least d" at graph 0.54,0.28
    plot for [i=1:4] $DATA index i-1 using 2:(at_10000($3, $6)) with lines ls i notitle, \
         for [i=1:4] $DATA index i-1 using 2:(at_10000($3, $4)):5 with yerrorbars ls i \
             title sprintf("%s:  ∝ d^{%.2f}", cases[i], exponents[i])
}
