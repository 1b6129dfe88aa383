# KAA19: mean, second moment and largest eigenvalue of the Fisher matrix against the number of samples, at width 1000.
# gnuplot -c plots/universal-samples.gp results/universal-samples.h5 build/fisherfield plots/universal-samples
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu, linear", "fisher_eig_mean fisher_eig_second_moment fisher_eig_max")

eval read("$DATA", table("fisher_eig_mean fisher_eig_second_moment fisher_eig_max"))   # columns case, samples, width, 5 a variable
eval read("$THEORY", sprintf("%s theory experiments/universal-samples.yaml --set sweep.width='[1000]' --set sweep.samples='%s'", \
                              program, "[4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200, 250]"))
array cases[3] = ["tanh", "ReLU", "linear"]
at_1000(width, value) = width == 1000 ? value : NaN

do for [format in "pdf png"] {
    eval begin(format, 15)
    set multiplot layout 3,1 margins 0.19,0.97,0.08,0.985 spacing 0.025
    set logscale xy
    set xrange [4:250]
    set xtics (5, 10, 20, 50, 100, 200)
    set format x ""
    unset xlabel

    set ylabel "mean eigenvalue  M m_λ"
    set yrange [0.4:4]
    set ytics (0.5, 1, 2, 4)
    set format y "%g"
    set key top right
    set label 1 "M = 1000\nlines: theory\npoints: simulation ± s.e." at graph 0.04,0.24
    plot for [i=1:3] $THEORY index i-1 using 2:($3*$7) with lines ls i notitle, \
         for [i=1:3] $DATA index i-1 using 2:(at_1000($3, $3*$4)):($3*$5) with yerrorbars ls i title cases[i]

    set ylabel "second moment  s_λ"
    set yrange [0.03:2]
    set ytics (0.05, 0.1, 0.2, 0.5, 1, 2)
    unset key
    unset label 1
    plot for [i=1:3] $THEORY index i-1 using 2:8 with lines ls i, \
         for [i=1:3] $DATA index i-1 using 2:(at_1000($3, $9)):10 with yerrorbars ls i

    set ylabel "largest eigenvalue  λ_{max}"
    set yrange [100:3000]
    set ytics (100, 200, 500, 1000, 2000)
    set xlabel "samples  T"
    set format x "%g"
    plot for [i=1:3] $THEORY index i-1 using 2:9 with lines ls i, \
         for [i=1:3] $DATA index i-1 using 2:(at_1000($3, $14)):15 with yerrorbars ls i
    set ytics auto
    unset multiplot
}
