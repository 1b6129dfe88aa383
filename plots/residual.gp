# AKO19: mean, second moment and largest eigenvalue of the Fisher matrix of residual and plain networks against depth,
# at width 800.
# gnuplot -c plots/residual.gp results/residual.h5 build/fisherfield plots/residual
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("plain, residual, weaker_skip, trained_branch", "fisher_eig_mean fisher_eig_second_moment fisher_eig_max")

eval read("$DATA", table("fisher_eig_mean fisher_eig_second_moment fisher_eig_max"))   # columns case, depth, width, 5 a variable
eval read("$THEORY", sprintf("%s theory experiments/residual.yaml --set sweep.width='[800]' --set sweep.depth='%s'", \
                              program, "[2, 3, 4, 5, 6, 8, 10, 12, 14, 16]"))
array cases[4] = ["plain", "γ = 1", "γ = 0.7", "γ = 1, V trained"]
at_800(width, value) = width == 800 ? value : NaN

do for [format in "pdf png"] {
    eval begin(format, 15)
    set multiplot layout 3,1 margins 0.19,0.97,0.08,0.985 spacing 0.025
    set logscale y
    set xrange [1.5:16.5]
    set xtics 2, 2
    set mxtics 2
    set format y "10^{%T}"
    set format x ""
    unset xlabel

    set ylabel "mean eigenvalue  m_λ"
    set yrange [1e-4:5e-2]
    unset key
    set label 1 "tanh, T = 100, M = 800\nlines: theory\npoints: simulation ± s.e." at graph 0.04,0.92
    plot for [i=1:4] $THEORY index i-1 using 2:7 with lines ls i, \
         for [i=1:4] $DATA index i-1 using 2:(at_800($3, $4)):5 with yerrorbars ls i

    set ylabel "second moment  s_λ"
    set yrange [1e-2:1e2]
    unset label 1
    plot for [i=1:4] $THEORY index i-1 using 2:8 with lines ls i, \
         for [i=1:4] $DATA index i-1 using 2:(at_800($3, $9)):10 with yerrorbars ls i

    set ylabel "largest eigenvalue  λ_{max}" offset -0.8
    set yrange [10:3e4]
    set key bottom right
    set xlabel "depth  L"
    set format x "%g"
    plot for [i=1:4] $THEORY index i-1 using 2:9 with lines ls i notitle, \
         for [i=1:4] $DATA index i-1 using 2:(at_800($3, $14)):15 with yerrorbars ls i title cases[i]
    set ylabel offset 0
    unset multiplot
}
