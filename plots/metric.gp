# KAA21: mean, second moment and largest eigenvalue of the metrics on inputs and features, layer by layer, at width 1000.
# gnuplot -c plots/metric.gp results/metric.h5 build/fisherfield plots/metric
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu, linear", "metric_eig_mean metric_eig_second_moment metric_eig_max")

eval read("$DATA", table("metric_eig_mean metric_eig_second_moment metric_eig_max"))   # columns case, width, layer, 5 a variable
array cases[3] = ["tanh", "ReLU", "linear"]
at_1000(width, value) = width == 1000 ? value : NaN
set datafile missing NaN   # lines go on over the other widths

do for [format in "pdf png"] {
    eval begin(format, 14)
    set multiplot layout 3,1 margins 0.17,0.97,0.085,0.985 spacing 0.025
    set xrange [-0.3:5.3]
    set xtics 1
    unset mxtics
    unset xlabel
    set format x ""
    set format y "%g"

    set ylabel "mean  M m_λ"
    unset logscale y
    set yrange [0:5.2]
    set key top right
    set label 1 "C = 1, T = 100, M = 1000\nlines: theory\npoints: simulation ± s.e." at graph 0.05,0.92
    plot for [i=1:3] $DATA index i-1 using 3:(at_1000($2, $2*$6)) with lines ls i notitle, \
         for [i=1:3] $DATA index i-1 using 3:(at_1000($2, $2*$4)):($2*$5) with yerrorbars ls i title cases[i]

    set ylabel "second moment  M s_λ"
    set logscale y
    set yrange [0.05:20]
    unset key
    unset label 1
    plot for [i=1:3] $DATA index i-1 using 3:(at_1000($2, $2*$11)) with lines ls i, \
         for [i=1:3] $DATA index i-1 using 3:(at_1000($2, $2*$9)):($2*$10) with yerrorbars ls i

    set ylabel "largest  λ_{max}"
    unset logscale y
    set yrange [0:3.4]
    set xlabel "layer  l  (0: inputs)"
    set format x "%g"
    plot for [i=1:3] $DATA index i-1 using 3:(at_1000($2, $16)) with lines ls i, \
         for [i=1:3] $DATA index i-1 using 3:(at_1000($2, $14)):15 with yerrorbars ls i
    unset multiplot
}
