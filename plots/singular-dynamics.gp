# Descents of a committee machine past a singular region: error against time, and the way in the plane of overlap and norm.
# gnuplot -c plots/singular-dynamics.gp results/singular-dynamics.h5 build/fisherfield plots/singular-dynamics
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("gradient, natural, ridge-0.01, ridge-0.1, one-gradient, one-natural", \
          "singular_time singular_error singular_norm_11 singular_norm_12 singular_norm_22")

# Columns case, step, then v, v_se, v_theory, v_sd, v_n of each: time, error, |J_1|², J_1·J_2, |J_2|².
data = "< ".table("singular_time singular_error singular_norm_11 singular_norm_12 singular_norm_22")
array cases[4] = ["gradient", "natural gradient", "natural, ρ = 0.01", "natural, ρ = 0.1"]
array styles[6] = [1, 2, 3, 4, 1, 2]
plateau = 1/3.0 - 4/pi*asin(0.25)
cosine(norm1, product, norm2) = product / sqrt(norm1 * norm2)

# Points at equal distances in log t: those nearest below 10^(k/8).
last = 0
thin(t) = (now = t > 0 ? floor(8*log10(t)) : -99, keep = now != last, last = now, keep ? t : NaN)

do for [format in "pdf png"] {
    eval begin(format, 17)
    set multiplot
    set lmargin at screen 0.16
    set rmargin at screen 0.97

    set tmargin at screen 0.99
    set bmargin at screen 0.72
    set logscale xy
    set xrange [0.02:200]
    set yrange [2e-6:0.6]
    set format x "10^{%T}"
    set format y "10^{%T}"
    unset mxtics
    set ytics 10
    set xlabel "time  t" offset 0,0.4
    set ylabel "error  ε" offset 1
    set key bottom left at graph 0.02,0.05
    set label 1 "ε_p" at 0.025,plateau*2.3
    set label 2 "two-unit teacher,\nv = 1" at graph 0.97,0.92 right
    plot plateau with lines lc rgb "gray50" lw 1 dt (8,5) notitle, \
         for [i=1:4] data index i-1 using 3:10 with lines ls styles[i] notitle, \
         for [i=1:4] data index i-1 using (thin($3)):8:9 with yerrorbars ls styles[i] title cases[i]
    do for [i=1:2] { unset label i }

    set tmargin at screen 0.655
    set bmargin at screen 0.375
    unset logscale
    set xrange [-0.35:1.05]
    set yrange [0.2:1.15]
    set format "%g"
    set xtics 0.2
    set ytics 0.2
    set xlabel "overlap  Q_{12} / (Q_{11}Q_{22})^{1/2}" offset 0,0.4
    set ylabel "norm  Q_{11}^{1/2}" offset 0.3
    unset key
    set arrow 1 from 1,0.2 to 1,1.15 nohead lc rgb "gray50" lw 1 dt (8,5)
    set label 1 "singular:\nJ_1 = J_2" at 0.98,1.08 right
    set label 2 "start" at -0.045,0.545 right
    set label 3 "plateau" at 0.98,0.5 right
    set label 4 "teacher" at -0.06,1.02 right
    set label 5 "lines: theory\npoints: simulation" at -0.3,0.32
    plot for [i=1:4] data index i-1 using (cosine($15,$20,$25)):(sqrt($15)) with lines ls styles[i], \
         for [i=1:4] data index i-1 using (thin($3) > 0 ? cosine($13,$18,$23) : NaN):(sqrt($13)) with points ls styles[i], \
         "+" using (1):(1/sqrt(3)) every ::0::0 with points pt 6 ps 1.4 lc rgb "black", \
         "+" using (0):(1) every ::0::0 with points pt 6 ps 1.4 lc rgb "black", \
         "+" using (0):(0.5) every ::0::0 with points pt 6 ps 1.4 lc rgb "black"
    unset arrow 1
    do for [i=1:5] { unset label i }

    set tmargin at screen 0.31
    set bmargin at screen 0.06
    set logscale xy
    set xrange [0.02:2000]
    set yrange [1e-7:0.6]
    set format x "10^{%T}"
    set format y "10^{%T}"
    set xtics auto
    set ytics 10
    set xlabel "time  t"
    set ylabel "error  ε" offset 1
    set label 1 "one-unit teacher,\nv learned" at graph 0.97,0.92 right
    set label 2 "gradient" at 150,1.2e-3
    set label 3 "natural\ngradient" at 2,2e-5 right
    plot for [i=5:6] data index i-1 using 3:10 with lines ls styles[i], \
         for [i=5:6] data index i-1 using (thin($3)):8:9 with yerrorbars ls styles[i]
    do for [i=1:3] { unset label i }
    unset logscale
    set xtics auto
    unset multiplot
}
