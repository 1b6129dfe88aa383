# AKO19: relative spectral error of three approximations of a unit's Fisher matrix, against the layer (at width 100) and
# against the width (in layer 3).
# gnuplot -c plots/unit.gp results/unit.h5 build/fisherfield plots/unit
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu", "unit_error_closed unit_error_quasi unit_error_gaussian unit_error_floor")

eval read("$DATA", table("unit_error_closed unit_error_quasi unit_error_gaussian unit_error_floor"))   # case, width, layer, 5 a variable
array cases[2] = ["tanh", "ReLU"]
array names[4] = ["closed form, isotropic inputs", "quasi-diagonal", "Gaussian, mean and covariance", \
                  "the same, were the inputs Gaussian"]
at(here, there, value) = here == there ? value : NaN

do for [format in "pdf png"] {
    eval begin(format, 15)
    set multiplot
    set logscale y
    set yrange [0.006:2]
    set lmargin at screen 0.19
    set rmargin at screen 0.97
    set ylabel "relative spectral error"
    set format y "%g"

    do for [c=1:2] {
        set tmargin at screen (c == 1 ? 0.87 : 0.615)
        set bmargin at screen (c == 1 ? 0.635 : 0.38)
        set xrange [0.7:5.3]
        set xtics 1
        set mxtics 1
        if (c == 1) { set format x ""; unset xlabel } else { set format x "%g"; set xlabel "layer  l" offset 0,0.4 }
        set label 1 sprintf("%s, M = 100, T = %d", cases[c], quick ? 500 : 2000) at graph 0.03,0.1
        if (c == 1) { set key at screen 0.16,0.995 top left } else { unset key }
        plot for [v=1:4] $DATA index c-1 using 3:(at($2, 100, column(5*v-1))):(column(5*v)) with yerrorbars ls v notitle, \
             for [v=1:4] keyentry with points ls v title names[v]
    }

    set tmargin at screen 0.30
    set bmargin at screen 0.075
    set logscale x
    set xrange [20:250]
    set xtics (25, 50, 100, 200)
    set xlabel "width  M" offset 0,0.4
    set label 1 "tanh, layer 3" at graph 0.03,0.1
    plot for [v=1:4] $DATA index 0 using 2:(at($3, 3, column(5*v-1))):(column(5*v)) with yerrorbars ls v notitle
    unset logscale x
    unset multiplot
}
