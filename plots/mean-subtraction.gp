# KAA21: the largest eigenvalue with the mean of the outputs subtracted and without, the learning rates up to which gradient descent
# is stable, and the loss at half of them. gnuplot -c plots/mean-subtraction.gp results/mean-subtraction.h5 build/fisherfield plots/mean-subtraction
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu", "initial_eig_max stability_boundary train_loss")

# Columns case, subtract_mean, width, then 5 a variable: λ_max, the boundary; with the mean subtracted over without: case, width, then
# the ratio of the boundaries, its standard error, and theory; with subtract_mean, width, step, then 5 of the loss.
eval read("$DATA", table("initial_eig_max stability_boundary"))
eval read("$GAIN", table("stability_boundary")." | awk -F'\t' '!NF {print \"\"} $2 == \"false\" {b[$3] = $4; e[$3] = $5/$4; t[$3] = $6} " \
    ."$2 == \"true\" {g = $4/b[$3]; print $1, $3, g, g*sqrt(e[$3]^2 + ($5/$4)^2), $6/t[$3]}'")
eval read("$LOSS", table("train_loss"))
array cases[2] = ["tanh", "ReLU"]
stats $DATA index 0 using 3 name "M" nooutput
stats $LOSS index 0 using 4 name "S" nooutput
of(flag, value) = strcol(2) eq flag ? value : NaN
array flags[2] = ["false", "true"]

do for [format in "pdf png"] {
    eval begin(format, 16)
    set multiplot layout 3,1 margins 0.19,0.97,0.075,0.985 spacing 0.075
    set logscale xy
    set xrange [M_min*0.85:M_max*1.18]
    set xtics (30, 50, 80, 100, 200, 400, 800)
    unset xlabel
    set ylabel "largest eigenvalue  λ_{max}"
    set format y "10^{%T}"
    set yrange [0.1:3000]
    set key at graph 0.03,0.98 left maxrows 2
    set label 1 "filled: f,  open: f − mean\nlines: theory" at graph 0.97,0.2 right
    plot for [i=1:2] for [k=1:2] $DATA index i-1 using (of(flags[k], $3)):6 with lines ls i notitle, \
         for [i=1:2] $DATA index i-1 using (of("false", $3)):4:5 with yerrorbars ls i title cases[i], \
         for [i=1:2] $DATA index i-1 using (of("true", $3)):4:5 with yerrorbars ls i pt (i == 1 ? 6 : 4) notitle
    unset label 1
    unset key

    set ylabel "gain in the stable learning rate"
    set format y "%g"
    set yrange [1:50]
    set xlabel "width  M" offset 0,0.4
    plot for [i=1:2] $GAIN index i-1 using 2:5 with lines ls i, \
         for [i=1:2] $GAIN index i-1 using 2:3:4 with yerrorbars ls i

    unset logscale x
    set xrange [0:S_max]
    set xtics auto
    set format y "10^{%T}"
    set yrange [1e-3:10]
    set ylabel "training loss"
    set xlabel "step" offset 0,0
    set label 1 sprintf("M = %d,  η = η_c/2 of each", int(M_max)) at graph 0.97,0.9 right
    plot for [i=1:2] for [k=1:2] $LOSS index i-1 using (of(flags[k], $3 == M_max ? $4 : NaN)):7 with lines ls i, \
         for [i=1:2] for [k=1:2] $LOSS index i-1 using (of(flags[k], $3 == M_max && int($4) % 2 == 0 ? $4 : NaN)):5:6 with yerrorbars ls i pt (k == 1 ? (i == 1 ? 7 : 5) : (i == 1 ? 6 : 4))
    unset label 1
    unset multiplot
}
