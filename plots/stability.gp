# KAA19: up to which learning rate gradient descent is linearly stable, and up to which it recovers, against width.
# gnuplot -c plots/stability.gp results/stability.h5 build/fisherfield plots/stability
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu, linear", "stability_boundary recovery_boundary stability_ratio recovery_ratio")

# Columns case, width, then 5 a variable.
eval read("$DATA", table("stability_boundary recovery_boundary stability_ratio recovery_ratio"))
array cases[3] = ["tanh", "ReLU", "linear"]
stats $DATA index 0 using 2 name "M" nooutput
worst = 0
do for [i=0:2] {
    stats $DATA index i using (abs($13 - 1)) name "D" nooutput
    worst = D_max > worst ? D_max : worst
}

do for [format in "pdf png"] {
    eval begin(format, 11)
    set multiplot layout 2,1 margins 0.19,0.97,0.11,0.94 spacing 0.03
    set logscale x
    set xrange [M_min*0.85:M_max*1.18]
    set xtics (30, 50, 80, 100, 150, 200, 300, 400, 800)
    set format x ""
    unset xlabel
    unset label 2

    # Times M: what theory has as a constant.
    set ylabel "learning rate × width  η M"
    set logscale y
    set yrange [1.5:400]
    set key at screen 0.95,0.995 maxrows 1 width -2
    set label 1 sprintf("filled: linearly stable up to\nopen: recovers up to\nlines: theory η_c\nT = %d", quick ? 30 : 100) at graph 0.04,0.93
    plot for [i=1:3] $DATA index i-1 using 2:($5*$2) with lines ls i notitle, \
         for [i=1:3] $DATA index i-1 using 2:($3*$2):($4*$2) with yerrorbars ls i title cases[i], \
         for [i=1:3] $DATA index i-1 using 2:($8*$2):($9*$2) with yerrorbars ls 10+i notitle
    unset label 1

    set ylabel "η λ_{max} / 2  of each network"
    set yrange [0.7:40]
    set xlabel "width  M"
    set format x "%g"
    unset key
    set label 2 sprintf("filled: within %.1g of 1", worst) at graph 0.04,0.16
    set arrow 1 from graph 0, first 1 to graph 1, first 1 nohead lc "black" lw 0.9
    plot for [i=1:3] $DATA index i-1 using ($2*(1 + 0.03*(i - 2))):13:14 with yerrorbars ls i, \
         for [i=1:3] $DATA index i-1 using ($2*(1 + 0.03*(i - 2))):18:19 with yerrorbars ls 10+i
    unset arrow 1
    unset multiplot
}
