# KAA21: mean, second moment and largest eigenvalue of each layer's block of the Fisher matrix against width.
# gnuplot -c plots/layers.gp results/layers.h5 build/fisherfield plots/layers
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu", "layer_eig_mean layer_eig_second_moment layer_eig_max")

eval read("$DATA", table("layer_eig_mean layer_eig_second_moment layer_eig_max"))   # columns case, width, layer, 5 a variable
# Columns case, width, kappa1, kappa2, alpha, then a variable's layers 1 to 4.
eval read("$THEORY", sprintf("%s theory experiments/layers.yaml --set sweep.width='%s'", program, \
                              "[88, 110, 140, 180, 250, 350, 500, 700, 1000, 1400, 2000, 2800, 3600]"))
array cases[2] = ["tanh", "ReLU"]
units(l) = l < 4 ? column(2) : 1   # M_l
in_layer(l, value) = column(3) == l ? value : NaN

do for [format in "pdf png"] {
    eval begin(format, 14)
    set multiplot layout 3,2 columnsfirst margins 0.18,0.98,0.085,0.925 spacing 0.035,0.02
    set logscale xy
    set xrange [80:4000]
    set xtics (100, "" 200, 400, "" 800, 1600, "" 3200)
    do for [i=1:2] {
        first_column = i == 1
        set format x ""
        unset xlabel
        if (first_column) { set key at screen 0.98,0.985 maxrows 1 width -1 samplen 1.2 } else { unset key }
        set label 1 cases[i] at graph 0.5,0.92 center

        if (first_column) { set label 2 "T = 100\nlines: theory\npoints: simulation\n± s.e." at graph 0.1,0.78 } else { unset label 2 }
        set ylabel first_column ? "M_l m_λ" : ""
        set ytics 0.2
        unset logscale y
        set yrange [0.4:1.35]
        set format y first_column ? "%.1f" : ""
        plot for [l=1:4] $THEORY index i-1 using 2:(units(l)*column(5+l)) with lines ls l lw (i == 1 ? (l == 3 ? 2.8 : 1.2) : 1.6) notitle, \
             for [l=1:4] $DATA index i-1 using ($2*1.06**(l == 3 ? -1 : l == 4 ? 1 : 0)):(in_layer(l, units(l)*$4)):(units(l)*$5) with yerrorbars ls l \
                 title sprintf("layer %d", l)

        unset key
        unset label 1
        unset label 2
        set ytics auto
        set ylabel first_column ? "s_λ M_l / M" : ""
        set logscale y
        set yrange [3e-3:1.2]
        set format y first_column ? "10^{%T}" : ""
        plot for [l=1:4] $THEORY index i-1 using 2:(column(9+l)*units(l)/$2) with lines ls l, \
             for [l=1:4] $DATA index i-1 using 2:(in_layer(l, $9*units(l)/$2)):($10*units(l)/$2) with yerrorbars ls l

        set ylabel first_column ? "λ_{max} / M" : ""
        set yrange [5e-3:1.2]
        set xlabel "width  M"
        set format x "%g"
        plot for [l=1:4] $THEORY index i-1 using 2:(column(13+l)/$2) with lines ls l, \
             for [l=1:4] $DATA index i-1 using 2:(in_layer(l, $14/$2)):($15/$2) with yerrorbars ls l
    }
    unset multiplot
}
