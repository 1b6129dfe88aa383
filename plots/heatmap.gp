# AKO19: the norm of every block of two units of the Fisher matrix of single networks, with one output and with as many as units.
# gnuplot -c plots/heatmap.gp results/heatmap.h5 build/fisherfield plots/heatmap
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("", "block_map")

map = "< ".table("--trials block_map")   # columns case, outputs, trial, unit, unit2, norm; rows of larger networks are nan

# Viridis: even steps to the eye, also to a colour-blind one, and in grey.
set palette defined (0 "#440154", 1 "#482878", 2 "#3E4989", 3 "#31688E", 4 "#26828E", 5 "#1F9E89", 6 "#35B779", 7 "#6DCD59", \
                     8 "#B4DE2C", 9 "#FDE725")

# What outputs there are, the fewer first, and for each the units and the largest norm among hidden ones; three hidden layers are alike.
stats map using 2 name "C" nooutput
array outputs[2] = [int(C_min), int(C_max)]
array units[2]
array hidden[2]
array largest[2]
do for [i=1:2] {
    stats map using ($2 == outputs[i] && $3 == 0 && $6 == $6 ? $4 : NaN) name "N" nooutput
    units[i] = int(N_max)
    hidden[i] = (units[i] - outputs[i]) / 3
    stats map using ($2 == outputs[i] && $3 == 0 && $4 <= 3 * hidden[i] && $5 <= 3 * hidden[i] ? $6 : NaN) name "N" nooutput
    largest[i] = N_max
}

do for [format in "pdf png"] {
    eval begin(format, 14.2)
    set multiplot layout 2,1 margins 0.17,0.76,0.08,0.965 spacing 0.125
    set logscale cb
    set cbrange [1e-3:1]
    set cbtics ("≤ 10^{-3}" 1e-3, "10^{-2}" 1e-2, "0.1" 0.1, "≥ 1" 1)
    set cblabel "norm / largest of hidden units" offset -0.3
    set size ratio -1
    set tics out
    unset mxtics
    unset mytics
    set ylabel "unit" offset 2
    do for [i=1:2] {
        set xlabel "unit" offset 0,0.3
        set xrange [0.5:units[i]+0.5]
        set yrange [units[i]+0.5:0.5]
        set xtics hidden[i]
        set ytics hidden[i]
        set title sprintf("C = %d, units of layers 1 to 4", outputs[i]) offset 0,-0.8
        do for [l=1:3] {
            edge = l * hidden[i] + 0.5
            set arrow 2*l-1 from edge, 0.5 to edge, units[i]+0.5 nohead front lc "white" lw 0.5
            set arrow 2*l from 0.5, edge to units[i]+0.5, edge nohead front lc "white" lw 0.5
        }
        plot sprintf("%s | awk '$2 == %d && $3 == 0 && $6 != \"nan\"'", map, outputs[i]) using 5:4:($6/largest[i]) with image notitle
    }
    unset multiplot
}
