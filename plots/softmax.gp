# KAA21: the Fisher matrix of softmax classification against width, ten classes.
# gnuplot -c plots/softmax.gp results/softmax.h5 build/fisherfield plots/softmax
call "plots/style.gp" ARG1 ARG2 ARG3
variables = "softmax_eig_mean softmax_eig_second_moment softmax_eig_max softmax_eig_max_theory_low ". \
            "softmax_eig_max_theory_high softmax_eig_max_theory_kernel"
eval need("tanh, relu, linear", variables)

eval read("$DATA", table(variables))
array cases[3] = ["tanh", "ReLU", "linear"]
stats $DATA index 0 using 2 nooutput name "WIDTH"

do for [format in "pdf png"] {
    eval begin(format, 16)
    set multiplot layout 3,1 margins 0.19,0.97,0.075,0.905 spacing 0.025
    set logscale xy
    set xrange [0.8*WIDTH_min:1.25*WIDTH_max]
    set xtics (100, 200, 400, 800, 1600)
    set format y "10^{%T}"
    set format x ""
    unset xlabel

    set ylabel "mean eigenvalue  m_λ"
    set yrange [3e-4:2e-2]
    set key at screen 0.97,0.99 maxrows 3 width -2
    set label 1 "T = 100, C = 10\nlines: theory\npoints: simulation ± s.e." at graph 0.04,0.24
    plot for [i=1:3] $DATA index i-1 using 2:5 with lines ls i notitle, \
         for [i=1:3] $DATA index i-1 using 2:3:4 with yerrorbars ls i title cases[i], \
         keyentry with lines lc "black" lw 1.6 title "λ_{max}, kernel", \
         keyentry with lines lc "black" lw 1.1 dt (6,4) title "λ_{max} from κ", \
         keyentry with lines lc "black" lw 1.1 dt (2,3) title "its bounds"

    set ylabel "second moment  s_λ"
    set yrange [2e-3:0.1]
    unset key
    unset label 1
    plot for [i=1:3] $DATA index i-1 using 2:10 with lines ls i, \
         for [i=1:3] $DATA index i-1 using 2:8:9 with yerrorbars ls i

    set ylabel "largest eigenvalue  λ_{max}/M"
    set yrange [0.005:0.5]
    set ytics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
    set format y "%g"
    set xlabel "width  M"
    set format x "%g"
    plot for [i=1:3] for [c in "18 19"] $DATA index i-1 using 2:(column(int(c))/$2) with lines ls i lw 1.1 dt (2,3), \
         for [i=1:3] $DATA index i-1 using 2:($20/$2) with lines ls i lw (i == 1 ? 3.2 : 1.6), \
         for [i=1:3] $DATA index i-1 using 2:($15/$2) with lines lc "black" lw 1.1 dt (6,4), \
         for [i=1:3] $DATA index i-1 using ($2*1.05**(i-2)):($13/$2):($14/$2) with yerrorbars ls i
    set ytics auto
    unset multiplot
}
