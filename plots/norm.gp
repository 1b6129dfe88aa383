# KAA19: Fisher-Rao norms against depth, at width 400.
# gnuplot -c plots/norm.gp results/norm.h5 build/fisherfield plots/norm
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu, linear", "fisher_rao_norm fisher_rao_norm_independent fisher_rao_norm_weights")

eval read("$DATA", table("fisher_rao_norm fisher_rao_norm_independent fisher_rao_norm_weights"))   # columns case, depth, width, 5 a variable
array cases[3] = ["tanh", "ReLU", "linear"]
at_400(width, value) = width == 400 ? value : NaN

set datafile missing NaN   # lines go on over the other widths

do for [format in "pdf png"] {
    eval begin(format, 11.5)
    set multiplot layout 2,1 margins 0.16,0.97,0.1,0.985 spacing 0.03
    set logscale y
    set xrange [0.6:10.4]
    set xtics 1
    unset mxtics
    unset xlabel
    set format x ""
    set format y "10^{%T}"

    set ylabel "own  θ^T F θ"
    set yrange [6:6000]
    set key top left
    plot for [i=1:3] $DATA index i-1 using 2:(at_400($3, $6)) with lines ls i notitle, \
         for [i=1:3] $DATA index i-1 using 2:(at_400($3, $4)):5 with yerrorbars ls i title cases[i]

    set ylabel "independent  E θ'^T F θ'"
    set yrange [6:700]
    set xlabel "depth  L"
    set format x "%g"
    set label 1 "C = 10, T = 20, M = 400\nlines: theory\npoints: simulation ± s.e." at graph 0.4,0.24
    plot for [i=1:3] $DATA index i-1 using 2:(at_400($3, $11)) with lines ls i notitle, \
         for [i=1:3] $DATA index i-1 using 2:(at_400($3, $16)) with lines ls i dt (8,5) lw 1 notitle, \
         for [i=1:3] $DATA index i-1 using 2:(at_400($3, $9)):10 with yerrorbars ls i notitle, \
         NaN with lines lc rgb "black" lw 1.6 title "weights and biases", \
         NaN with lines lc rgb "black" lw 1 dt (8,5) title "weights alone"
    unset label 1
    unset multiplot
}
