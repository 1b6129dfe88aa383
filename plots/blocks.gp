# AKO19: the Fisher matrix's blocks of two units of layer 2 of 4 against its blocks of one, root mean square, against width,
# for one, ten and as many outputs as units.
# gnuplot -c plots/blocks.gp results/blocks.h5 build/fisherfield plots/blocks
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("tanh, relu", "block_on block_off")

trials = "< ".table("--trials block_on block_off")          # columns case, outputs, width, trial, layer, on, off
eval read("$THEORY", table("block_on block_off"))            # columns case, outputs, width, layer, 5 a variable (the third: theory)
array cases[2] = ["tanh", "ReLU"]
array outputs[3] = ["C = 1", "C = 10", "C = M"]
in_series(s, C, M) = s == 1 ? C == 1 : s == 2 ? C == 10 : C == M
mine(value, C, M, layer) = in_series(s, C, M) && M == width && layer == 2 ? value : NaN

# A block a case and series, a line a width: width, ratio of the means over networks, its relative error, theory. Both means are
# of the same networks, so their deviations go together.
set fit quiet nolog errorvariables noerrorscaling
law(x) = ln_factor + exponent * x
array text[6]
array factor[6]
array power[6]
note(M) = strstrt(widths, sprintf(" %d ", M)) ? 0 : (widths = widths . sprintf("%d ", M), 1)
set print $RATIOS
do for [i=0:5] {
    s = i % 3 + 1
    widths = " "
    stats $THEORY index i/3 using (in_series(s, $2, $3) ? note($3) : NaN) nooutput
    do for [word in widths] {
        width = int(word)
        stats $THEORY index i/3 using (mine($12 / $7, $2, $3, $4)) name "T" nooutput
        stats trials index i/3 using (mine($6, $2, $3, $5)) name "on" nooutput
        stats trials index i/3 using (mine($7, $2, $3, $5)) name "off" nooutput
        stats trials index i/3 using (mine($7 / off_mean - $6 / on_mean, $2, $3, $5)) name "S" nooutput
        error = 0.5 * S_ssd / sqrt(S_records)
        print sprintf("%d %.17g %.17g %.17g", width, sqrt(off_mean / on_mean), error, sqrt(T_mean))
    }
    print ""
    print ""
}
unset print
do for [i=0:5] {
    ln_factor = 1
    exponent = -0.25
    fit law(x) $RATIOS index i using (log($1)):(log($2)):3 yerror via ln_factor, exponent
    text[i+1] = sprintf("%s:  M^{ %.3f ± %.3f}", outputs[i%3+1], exponent, exponent_err)
}

stats $RATIOS using 1 name "M" nooutput

do for [format in "pdf png"] {
    eval begin(format, 12)
    set multiplot layout 2,1 margins 0.19,0.97,0.1,0.985 spacing 0.025
    set logscale xy
    set xrange [M_min/1.25:M_max*1.25]
    set yrange [0.018:1.8]
    set xtics (25, 50, 100, 200, 400)
    set format x ""
    unset xlabel
    set key bottom left
    do for [c=0:1] {
        if (c == 1) { set xlabel "width  M"; set format x "%g" }
        set ylabel "‖F_{ij}‖ / ‖F_{ii}‖  (r.m.s., i ≠ j)"
        set label 1 cases[c+1] at graph 0.03,0.93
        if (c == 0) { set label 2 "T = 5, layer 2 of 4\nlines: theory\npoints: simulation ± s.e.\npowers: fits of the points" at graph 0.97,0.93 right } else { unset label 2 }
        plot for [s=0:2] $RATIOS index 3*c+s using 1:4 with lines ls s+1 notitle, \
             for [s=0:2] $RATIOS index 3*c+s using 1:2:($2*$3) with yerrorbars ls s+1 title text[3*c+s+1]
    }
    unset multiplot
}
