# KAA19, the main figure: mean, second moment and largest eigenvalue of the Fisher matrix against width.
# gnuplot -c plots/universal-width.gp results/universal-width.h5 build/fisherfield plots/universal-width
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu, linear", "fisher_eig_mean fisher_eig_second_moment fisher_eig_max")

eval read("$DATA", table("fisher_eig_mean fisher_eig_second_moment fisher_eig_max"))
array cases[3] = ["tanh", "ReLU", "linear"]

do for [format in "pdf png"] {
    eval begin(format, 15)
    set multiplot layout 3,1 margins 0.19,0.97,0.08,0.985 spacing 0.025
    set logscale xy
    set xrange [80:2000]
    set xtics (100, 200, 400, 800, 1600)
    set format y "10^{%T}"
    set format x ""
    unset xlabel

    set ylabel "mean eigenvalue  m_λ"
    set yrange [3e-4:3e-2]
    set key top right
    set label 1 "T = 100\nlines: theory\npoints: simulation ± s.e." at graph 0.04,0.24
    plot for [i=1:3] $DATA index i-1 using 2:5 with lines ls i notitle, \
         for [i=1:3] $DATA index i-1 using 2:3:4 with yerrorbars ls i title cases[i]

    set ylabel "second moment  s_λ"
    set yrange [0.02:1]
    unset key
    unset label 1
    plot for [i=1:3] $DATA index i-1 using 2:10 with lines ls i, \
         for [i=1:3] $DATA index i-1 using 2:8:9 with yerrorbars ls i

    set ylabel "largest eigenvalue  λ_{max}" offset -0.8
    set yrange [10:3000]
    set xlabel "width  M"
    set format x "%g"
    plot for [i=1:3] $DATA index i-1 using 2:15 with lines ls i, \
         for [i=1:3] $DATA index i-1 using 2:13:14 with yerrorbars ls i
    set ylabel offset 0
    unset multiplot
}
