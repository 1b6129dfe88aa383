# KO20: isotropy of approximate Fisher matrices against damping and width.
# gnuplot -c plots/isotropy.gp results/isotropy.h5 build/fisherfield plots/isotropy
call "plots/style.gp" ARG1 ARG2 ARG3
eval need("exact, layer, tridiagonal, kfac, unit", "isotropy_a isotropy_error")

eval read("$DATA", table("isotropy_a isotropy_error"))      # columns case, width, damping, then 5 a variable
# Side by side: at the same distance on the axis of damping and on that of width.
beside(i) = 10**(0.09*(i-3))
array names[5] = ["exact", "layers", "tridiagonal", "K-FAC", "units"]
stats $DATA using 2 nooutput
M = STATS_max
stats $DATA using 3 nooutput
least = STATS_min
# Without damping: 1, L, 1, T(L-1) + 1, and half of the 2M hidden units + 1; L = 3, T = 50
array a[5] = [1, 3, 1, 101, M + 1]

do for [format in "pdf png"] {
    eval begin(format, 15)
    set multiplot
    set logscale xy
    set lmargin at screen 0.19
    set rmargin at screen 0.97
    set format "10^{%T}"

    set tmargin at screen 0.985
    set bmargin at screen 0.70
    set xrange [5e-7:2]
    unset logscale y
    set yrange [0:1.1]
    set format y "%g"
    set format x ""
    unset xlabel
    set ylabel "a / a without damping"
    set key bottom left
    set label 1 sprintf("M = %d, T = 50\nlines: theory", M) at graph 0.45,0.2
    plot for [i=1:5] $DATA index i-1 using ($2 == M ? $3 : NaN):($6/a[i]) with lines ls i lw (i == 1 ? 3.2 : 1.4) notitle, \
         for [i=1:5] $DATA index i-1 using ($2 == M ? $3*beside(i) : NaN):($4/a[i]):($5/a[i]) with yerrorbars ls i title names[i]
    unset key
    unset label 1
    set logscale y
    set tmargin at screen 0.68
    set bmargin at screen 0.415
    set yrange [5e-8:2]
    set format x "10^{%T}"
    set format y "10^{%T}"
    set ylabel "isotropy error"
    set xlabel "damping  ε" offset 0,0.5
    plot for [i=1:5] $DATA index i-1 using ($2 == M ? $3*beside(i) : NaN):9:10 with yerrorbars ls i

    set tmargin at screen 0.315
    set bmargin at screen 0.075
    set xrange [100:1300]
    set xtics (128, 256, 512, 1024)
    set format x "%g"
    set yrange [8e-8:0.3]
    set xlabel "width  M" offset 0,0.5
    set label 1 sprintf("ε = 10^{%d}", int(floor(log10(least) + 0.5))) at graph 0.97,0.5 right
    set label 2 "1/√((L − 1)M)" at 380,0.12 center tc ls 5
    plot 1/sqrt(2*x) with lines ls 5 notitle, \
         for [i=1:5] $DATA index i-1 using ($3 == least ? $2*beside(i)**0.16 : NaN):9:10 with yerrorbars ls i
    unset label 1
    unset label 2
    set xtics autofreq
    unset multiplot
}
