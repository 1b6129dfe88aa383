# The neural tangent kernel against width: its distance from the analytic kernel of the same inputs, with power laws fitted
# from width 400 on, and its mean and largest eigenvalue over those of the mean-field theory.
# gnuplot -c plots/ntk.gp results/ntk.h5 build/fisherfield plots/ntk
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu, linear", "ntk_kernel_error ntk_eig_mean ntk_eig_max")

eval read("$DATA", table("ntk_kernel_error ntk_eig_mean ntk_eig_max"))   # columns case, width, 5 a variable
array cases[3] = ["tanh", "ReLU", "linear"]
wide(c) = column(2) >= 400 ? log(column(c)) : NaN

# ln error = ln factor + power·ln M
set fit quiet nolog errorvariables noerrorscaling
array factor[3]
array power[3]
array text[3]
law(x) = ln_factor + exponent * x
do for [i=1:3] {
    ln_factor = 1
    exponent = -0.5
    stats $DATA index i-1 using (wide(3)) nooutput
    if (STATS_records >= 2) {
        fit law(x) $DATA index i-1 using (log($2)):(wide(3)):($4/$3) yerror via ln_factor, exponent
        factor[i] = exp(ln_factor)
        power[i] = exponent
        text[i] = sprintf("%s  %.2g M^{ %.3f ± %.3f}", cases[i], factor[i], power[i], STATS_records > 2 ? exponent_err : 0)
    } else {
        factor[i] = NaN
        power[i] = NaN
        text[i] = cases[i]
    }
}

do for [format in "pdf png"] {
    eval begin(format, 12)
    set multiplot layout 2,1 margins 0.2,0.97,0.1,0.985 spacing 0.025
    set logscale x
    set xrange [60:20000]
    set format x ""
    unset xlabel

    set logscale y
    set yrange [0.005:2]
    set ylabel "‖Θ − Θ_∞‖ / ‖Θ_∞‖" offset 0.8
    set key bottom left
    set label 1 "points: mean of networks ± s.e.\nlines: fits from M = 400 on" at graph 0.97,0.93 right
    plot for [i=1:3] factor[i] * x**power[i] with lines ls i notitle, \
         for [i=1:3] $DATA index i-1 using 2:3:4 with yerrorbars ls i title text[i]

    unset logscale y
    unset label 1
    set yrange [0.96:1.07]
    set ylabel "measured / theory"
    set xlabel "width  M"
    set format x "10^{%T}"
    set key top right
    plot 1 with lines lc "black" lw 0.9 notitle, \
         for [i=1:3] $DATA index i-1 using ($2*1.28**(i-2)*0.95):($8/$10):($9/$10) with yerrorbars ls i notitle, \
         for [i=1:3] $DATA index i-1 using ($2*1.28**(i-2)*1.05):($13/$15):($14/$15) with yerrorbars ls 10+i notitle, \
         keyentry with points lc "black" pt 7 ps 0.45 title "mean eigenvalue", \
         keyentry with points lc "black" pt 6 ps 0.52 lw 0.8 title "λ_{max}"
    unset multiplot
}
