# >>> paperbanana: written by "pbfigure init"; what stands between these marks is replaced >>>
# Makes the pictures of \pbfigure before TeX runs, and again where TeX asked for something else.
# Where the pbfigure command is not installed, nothing happens: TeX shows what is in paperbanana/.

# Without this, latexmk would not notice that a picture was deleted.
$user_deleted_file_treated_as_changed ||= 1;
push @generated_exts, 'pbq', 'pbr';
my $paperbanana_hooked;
if ( defined &add_hook ) {    # latexmk 4.77 and newer
    add_hook( 'before_xlatex', \&paperbanana_before );
    $paperbanana_hooked = add_hook( 'after_xlatex', \&paperbanana_reap ) && $^O ne 'MSWin32';
}
$extra_rule_spec{'paperbanana'}
    = [ 'internal', '', 'paperbanana_after', '%Y%R.pbq', 'paperbanana/pbmap.tex', '%R', 1 ];

# The hook alone is given the key: no TeX, nor anything that TeX starts, finds it in its environment.
our $paperbanana_key;
$paperbanana_key = delete $ENV{PAPERBANANA_API_KEY} if exists $ENV{PAPERBANANA_API_KEY};

our ( %paperbanana_well, $paperbanana_strict );    # request file => whether the last run was well
our %paperbanana_running;                          # process beside TeX => request file
our ( $paperbanana_interrupted, $paperbanana_ends );

# latexmk -pvc has no end at which to say things, but each of its rounds has.
my $paperbanana_rounds;
if ( defined &rdb_make ) {
    no warnings 'redefine';
    my $make = \&rdb_make;
    $paperbanana_rounds = 1;
    *rdb_make = sub {
        my $failure = &$make;
        paperbanana_say() if $preview_continuous_mode;
        return $failure;
    };
}

# Start the hook, and wait for it unless it may run beside TeX. Whatever comes of it, TeX is to run;
# what is to fail, fails at the very end.
sub paperbanana_run {
    my ( $phase, $tex, $pbq, $beside ) = @_;
    require File::Spec;
    my $known = File::Spec->rel2abs($pbq);    # latexmk -cd will have left this folder at the end
    ( my $report = $pbq ) =~ s/pbq$/pbr/;
    unlink $report if !exists $paperbanana_well{$known};    # of a latexmk that was killed
    $paperbanana_well{$known} = 0;
    my ($tool) = grep { -x $_ && !-d $_ } map {
        ( File::Spec->catfile( $_, 'pbfigure' ), File::Spec->catfile( $_, 'pbfigure.exe' ) )
    } File::Spec->path;
    return if !defined $tool;
    my @command = ( $tool, 'latex', ( $silent ? '--quiet' : () ), '--phase', $phase,
        '--request-file', $pbq,
        ( $preview_continuous_mode && !$paperbanana_rounds ? () : ( '--report-file', $report ) ),
        $tex );
    local $ENV{PAPERBANANA_API_KEY} = $paperbanana_key if defined $paperbanana_key;
    if ( $beside && defined( my $process = fork ) ) {
        if ( !$process ) {
            exec {$tool} @command or do { require POSIX; POSIX::_exit(127) };
        }
        $paperbanana_running{$process} = $known;
        return;
    }
    paperbanana_ended( $known, system(@command) );
}

# Note how a run of the hook ended.
sub paperbanana_ended {
    my ( $known, $status ) = @_;
    if ( ( $status & 127 ) == 2 || $status >> 8 == 130 ) {    # Ctrl-C was meant for us too
        $paperbanana_interrupted = 1;
        exit 130 if !$paperbanana_ends;
    }
    $paperbanana_strict = $status >> 8 == 12 || $status >> 8 == 2;
    $paperbanana_well{$known} = $status == 0;
}

# Wait for the hook that runs beside TeX. If it changed the map, latexmk sees that by itself.
sub paperbanana_reap {
    for my $process ( keys %paperbanana_running ) {
        my $known = delete $paperbanana_running{$process};
        paperbanana_ended( $known, $? ) if waitpid( $process, 0 ) == $process;
    }
    return 0;
}

# Before the first pass of TeX the sources tell what is wanted; before later ones, nothing new.
# Where TeX had all pictures the last time, most likely nothing is to be made: both run at once.
sub paperbanana_before {
    my %info = @_;
    return if ( $pass{$rule} || 0 ) > 1 || $pass{'paperbanana'};
    my $pbq    = "$info{aux_dir1}$info{root_name}.pbq";
    my $lacked = -e $pbq && paperbanana_missing($pbq);
    my $beside = $paperbanana_hooked && -e 'paperbanana/pbmap.tex' && !$lacked;
    paperbanana_run( 'before', $info{tex_file}, $pbq, $beside );
    rdb_update_files() if !$beside && defined &rdb_update_files;    # the map is as TeX will see it
    return;
}

# The request file has changed. If TeX wrote it just now, it tells what is wanted, which mostly is
# what was made before; if not, the sources still know better.
sub paperbanana_after {
    my $pbq = $$Psource;
    paperbanana_empty_map() if !-e 'paperbanana/pbmap.tex';
    my $tex_ran = grep { $pass{$_} } qw( pdflatex xelatex lualatex latex dvilualatex );
    if ($tex_ran) {
        require File::Spec;
        return 0 if $paperbanana_well{ File::Spec->rel2abs($pbq) } && !paperbanana_missing($pbq);
    }
    paperbanana_run( $tex_ran ? 'after' : 'before', $texfile_name, $pbq );
    return 0;
}

# latexmk insists on what a rule is to make. A link that is committed may lead anywhere.
sub paperbanana_empty_map {
    return if -l 'paperbanana' || -l 'paperbanana/pbmap.tex';
    require Fcntl;
    mkdir 'paperbanana';
    my $new = Fcntl::O_WRONLY() | Fcntl::O_CREAT() | Fcntl::O_EXCL();
    if ( sysopen( my $file, 'paperbanana/pbmap.tex', $new ) ) {
        print $file "% No picture yet: see pbfigure.\n";
        close $file;
    }
}

# How many pictures TeX lacked, by the last line of its request file; 1 if it is not whole.
sub paperbanana_missing {
    my ($pbq) = @_;
    my $missing = 1;
    if ( open( my $file, '<', $pbq ) ) {
        while (<$file>) { $missing = $1 if /^end=figures:\d+,missing:(\d+)/ }
    }
    return $missing;
}

# Say what matters, once.
sub paperbanana_say {
    for my $pbq ( sort keys %paperbanana_well ) {
        ( my $report = $pbq ) =~ s/pbq$/pbr/;
        next if -l $report || !open( my $file, '<', $report );
        while (<$file>) { print STDERR $_ if s/^[ES] // }
        close $file;
        unlink $report;
    }
}

# When latexmk ends: say what matters, and where something is left to do, touch the request
# file, so that the next start of latexmk starts the hook again, though no source has changed.
END {
    my $status = $?;
    $paperbanana_ends = 1;
    paperbanana_reap();
    paperbanana_say();
    for my $pbq ( sort keys %paperbanana_well ) {
        next if !-e $pbq || -l $pbq || $paperbanana_well{$pbq} && !paperbanana_missing($pbq);
        if ( open( my $file, '>>', $pbq ) ) { print $file "again\n"; close $file }
    }
    $? = $paperbanana_interrupted ? 130 : $status == 0 && $paperbanana_strict ? 12 : $status;
}
# <<< paperbanana <<<
