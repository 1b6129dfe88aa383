# How far single networks are from the theory of KAA19, against width: the root mean square, over networks, of
# measured/theory − 1, for the mean and the largest eigenvalue, with power laws fitted from width 1000 on.
# gnuplot -c plots/million-width.gp results/million-width.h5 build/fisherfield plots/million-width
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu, linear", "fisher_eig_mean fisher_eig_max")

eval read("$DATA", table("fisher_eig_mean fisher_eig_max"))   # columns case, width, 5 a variable
array cases[3] = ["tanh", "ReLU", "linear"]
# Column c: mean, c+1: standard error, c+2: theory, c+3: standard deviation, c+4: number of networks.
deviation(c) = sqrt((column(c) / column(c+2) - 1)**2 + (column(c+3) / column(c+2))**2 * (column(c+4) - 1) / column(c+4))
relative_error(c) = 1 / sqrt(2 * column(c+4))   # of a root mean square over Gaussian numbers
wide(c) = column(2) >= 1000 ? log(deviation(c)) : NaN

# ln deviation = ln factor + power·ln M, from c; the legend's text and the curve.
set fit quiet nolog errorvariables noerrorscaling
array factor[6]
array power[6]
array text[6]
law(x) = ln_factor + exponent * x
do for [i=1:6] {
    c = i <= 3 ? 3 : 8
    ln_factor = 1
    exponent = -0.5
    stats $DATA index (i-1)%3 using (wide(c)) nooutput
    if (STATS_records >= 2) {
        fit law(x) $DATA index (i-1)%3 using (log($2)):(wide(c)):(relative_error(c)) yerror via ln_factor, exponent
        factor[i] = exp(ln_factor)
        power[i] = exponent
        text[i] = sprintf("%s  %.2g M^{ %.3f ± %.3f}", cases[(i-1)%3+1], factor[i], power[i], STATS_records > 2 ? exponent_err : 0)
    } else {
        factor[i] = NaN
        power[i] = NaN
        text[i] = cases[(i-1)%3+1]
    }
}

do for [format in "pdf png"] {
    eval begin(format, 12)
    set multiplot layout 2,1 margins 0.19,0.97,0.1,0.985 spacing 0.025
    set logscale xy
    set xrange [70:1.5e6]
    set yrange [1e-4:0.9]
    set format y "10^{%T}"
    set format x ""
    unset xlabel
    set key bottom left

    set ylabel "relative deviation of  m_λ"
    set label 1 "points: one network's deviation\nfrom theory, r.m.s. ± s.e.\nlines: fits from M = 1000 on" at graph 0.97,0.93 right
    plot for [i=1:3] factor[i] * x**power[i] with lines ls i notitle, \
         for [i=1:3] $DATA index i-1 using 2:(deviation(3)):(deviation(3)*relative_error(3)) with yerrorbars ls i title text[i]

    set ylabel "relative deviation of  λ_{max}"
    unset label 1
    set xlabel "width  M"
    set format x "10^{%T}"
    plot for [i=4:6] factor[i] * x**power[i] with lines ls i-3 notitle, \
         for [i=4:6] $DATA index i-4 using 2:(deviation(8)):(deviation(8)*relative_error(8)) with yerrorbars ls i-3 title text[i]
    unset multiplot
}
