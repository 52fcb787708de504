# >>> paperbanana: written by "pbfigure init"; what stands between these marks is replaced >>>
# Makes the pictures that TeX asked for by \pbfigure, and has TeX run once more to show them.
# Where the pbfigure command is not installed, nothing happens: TeX shows what is in paperbanana/.

# Without this, latexmk would not notice that a picture was deleted.
$user_deleted_file_treated_as_changed ||= 1;
push @generated_exts, 'pbq', 'pbr', 'paperbanana.json';

# The map has the figures of all documents of the folder. Where several are built in one go, what one
# of them makes is no news to the others.
$hash_calc_ignore_pattern{'tex'} ||= qr/\|[0-9A-F]{32}\|(?(?{ paperbanana_foreign($_) })|(?!))/;

sub paperbanana_foreign {
    my $document = substr $_[0], 0, index( $_[0], '|' );
    return @file_list > 1 && $document ne $root_filename && grep { m{(?:^|/)\Q$document\E\.tex$} }
        map { /\.tex$/ ? $_ : "$_.tex" } @file_list;
}

our $paperbanana_hooked;
if ( defined &add_hook ) {    # latexmk 4.77 and newer
    add_hook( 'before_xlatex', sub { paperbanana_rest(); paperbanana_before(@_) } );
    $paperbanana_hooked = add_hook( 'after_xlatex', sub { paperbanana_reap(@_) } )
        && $^O ne 'MSWin32';
}
$extra_rule_spec{'paperbanana'}
    = [ 'internal', '', 'paperbanana_rule', '%Y%R.pbq', 'paperbanana/pbmap.tex', '%R', 1 ];
sub paperbanana_rule { paperbanana_rest(); return paperbanana_after() }

# The hook alone is given secrets: no TeX, nor anything that TeX starts, finds them in its environment.
our %paperbanana_secret;
for ( grep { exists $ENV{$_} } 'PAPERBANANA_API_KEY', 'PAPERBANANA_SHARED_SECRET' ) {
    $paperbanana_secret{$_} = delete $ENV{$_};
}

# latexmk -pvc has no end at which to say things, but each of its rounds has.
{
    no warnings 'redefine';
    my $make = \&rdb_make;
    *rdb_make = sub {
        paperbanana_rest() if $preview_continuous_mode;
        # after its first round, latexmk -pvc would die of Ctrl-C, and wait for nobody
        local $SIG{INT} = sub { exit 130 } if $paperbanana_hooked && $preview_continuous_mode;
        my $failure = $make->();
        return defined &paperbanana_made ? paperbanana_made( $make, $failure ) : $failure;
    };
}
END { paperbanana_end() if defined &paperbanana_end }

# Most starts of latexmk have nothing to do. What follows is compiled once TeX or the hook is to run.
sub paperbanana_rest {
    return if defined &paperbanana_end;
    eval <<'PAPERBANANA' or die $@;
our ( %paperbanana_well, $paperbanana_strict );    # request file => whether the last run was well
our %paperbanana_seen;                             # request file => what that run saw to
our %paperbanana_running;                          # process beside TeX => request file
our ( $paperbanana_interrupted, $paperbanana_ends );
our $paperbanana_marks  = 0;                       # in request files
our $paperbanana_rounds = 0;                       # of latexmk -pvc that came to their end

# After a round of rules. What a save changed after the first of latexmk -pvc is not bought.
sub paperbanana_made {
    my ( $make, $failure ) = @_;
    if (%paperbanana_running) {    # it may have news for TeX
        paperbanana_wait();
        $failure = $make->() if !$failure;
    }
    if ($preview_continuous_mode) {
        paperbanana_say();
        %paperbanana_seen = ();
        $paperbanana_rounds++ if !$failure;
    }
    return $failure;
}

# Start the hook, and wait for it unless it may run beside TeX. Whatever comes of it, TeX is to run;
# what is to fail, fails at the very end.
sub paperbanana_run {
    my ( $phase, $tex, $pbq, $beside ) = @_;
    my $known = File::Spec->rel2abs($pbq);    # latexmk -cd will have left this folder at the end
    ( my $report = $pbq ) =~ s/pbq$/pbr/;
    unlink $report if !exists $paperbanana_well{$known};    # of a latexmk that was killed
    $paperbanana_well{$known} = 0;
    $paperbanana_seen{$known} = paperbanana_asked($pbq);
    my @command = paperbanana_command( $phase, $tex, $pbq, $report ) or return;
    return 1 if $beside && paperbanana_start( $known, $pbq, @command );
    paperbanana_wait();
    local @ENV{ keys %paperbanana_secret } = values %paperbanana_secret;
    paperbanana_ended( $known, system(@command) );
    return 1;
}

# The command that starts the hook; nothing where it is not installed.
sub paperbanana_command {
    my ( $phase, $tex, $pbq, $report ) = @_;
    my ($tool) = grep { -x $_ && !-d $_ } map {
        ( File::Spec->catfile( $_, 'pbfigure' ), File::Spec->catfile( $_, 'pbfigure.exe' ) )
    } File::Spec->path;
    return if !defined $tool;
    return ( $tool, 'latex', ( $silent ? '--quiet' : () ), '--phase', $phase,
        ( $paperbanana_rounds ? '--saved' : () ),
        '--request-file', $pbq, ( $report ? ( '--report-file', $report ) : () ), $tex );
}

# Start the hook beside TeX. What one came to that only checks pictures is no news: it has no name.
# TeX writes its request file anew meanwhile: the hook is given what is in it now. Where that cannot
# be copied, whatever the reason, the hook is not to run beside TeX.
sub paperbanana_start {
    my ( $known, $pbq, @command ) = @_;
    return if !@command || !open my $asked, '+>:raw', undef;
    return if -e $pbq && ( -l $pbq || !File::Copy::copy( $pbq, $asked ) );
    seek $asked, 0, 0;
    paperbanana_wait();
    local @ENV{ keys %paperbanana_secret } = values %paperbanana_secret;
    local $SIG{INT} = 'DEFAULT';    # until it is itself, the child is no latexmk that ends
    defined( my $process = fork ) or return;
    if ( !$process ) {
        splice @command, -1, 0, '--beside';
        exec { $command[0] } @command if open STDIN, '<&', $asked;
        require POSIX;
        POSIX::_exit(127);
    }
    $paperbanana_running{$process} = $known;
    return 1;
}

# Note how a run of the hook ended.
sub paperbanana_ended {
    my ( $known, $status ) = @_;
    if ( ( $status & 127 ) == 2 || $status >> 8 == 130 ) {    # Ctrl-C was meant for us too
        $paperbanana_interrupted = 1;
        exit 130 if !$paperbanana_ends;
    }
    return if $known eq '';
    $paperbanana_strict = $status >> 8 == 12 || $status >> 8 == 2;
    $paperbanana_well{$known} = $status == 0;
}

# Before the first pass of TeX, the hook looks up what TeX asked for the last time. Where TeX had all
# pictures then, most likely it has them now: both run at once.
# Where there is no request file yet, in a clone say, it checks the pictures that are there.
sub paperbanana_before {
    my %info = @_;
    return if ( $pass{$rule} || 0 ) > 1 || $pass{'paperbanana'};
    my $pbq = "$info{aux_dir1}$info{root_name}.pbq";
    my $beside = $paperbanana_hooked && -e 'paperbanana/pbmap.tex';
    if ( !-e $pbq ) {
        my @command = paperbanana_command( 'before', $info{tex_file}, $pbq );
        paperbanana_start( '', $pbq, @command ) if $beside;
        return;
    }
    $beside &&= !paperbanana_missing($pbq);
    paperbanana_run( 'before', $info{tex_file}, $pbq, $beside );
    rdb_update_files() if !$beside && defined &rdb_update_files;    # the map is as TeX will see it
    return;
}

# Wait for hooks that run beside TeX: all, or those only that may have news.
sub paperbanana_wait {
    my ($news) = @_;
    for my $process ( keys %paperbanana_running ) {
        my $known = $paperbanana_running{$process};
        next if $news && $known eq '';
        my $ended = waitpid( $process, 0 ) == $process;    # Ctrl-C may end this, and END waits again
        delete $paperbanana_running{$process};
        paperbanana_ended( $known, $? ) if $ended;
    }
    return;
}

# TeX has run beside the hook. If that changed the map, latexmk sees that by itself; where a
# picture came back, TeX is to run again. Where something is left to do, TeX's request file is to
# count as new.
sub paperbanana_reap {
    paperbanana_wait( !$paperbanana_ends );
    return 0 if $paperbanana_ends || ( $pass{$rule} || 0 ) > 1;
    my %info = @_;
    my $known = File::Spec->rel2abs("$info{aux_dir1}$info{root_name}.pbq");
    return 0 if !exists $paperbanana_well{$known};
    if ( $paperbanana_well{$known} ) {
        $$Pout_of_date = 'to show pictures that are back' if paperbanana_missing($known);
    }
    else {
        delete $paperbanana_seen{$known};
        paperbanana_mark( $known, 'after' );
    }
    return 0;
}

# The request file has changed. If TeX wrote it just now, it tells what is wanted; this is where
# pictures are bought. Where TeX had them all, its next pass need not wait for that. If TeX has not
# run, it has to say first whether all of that is still so.
sub paperbanana_after {
    my $pbq = $$Psource;
    paperbanana_empty_map() if !-e 'paperbanana/pbmap.tex';
    my $known = File::Spec->rel2abs($pbq);
    if ( grep { $pass{$_} } qw( pdflatex xelatex lualatex latex dvilualatex ) ) {
        my $seen = $paperbanana_seen{$known};
        my $beside = $paperbanana_hooked && !paperbanana_missing($pbq);
        paperbanana_run( 'after', $texfile_name, $pbq, $beside )
            if !defined $seen || $seen ne paperbanana_asked($pbq);
        return 0;
    }
    my $looked = -e $pbq && paperbanana_run( 'before', $texfile_name, $pbq );
    if ( $looked && !$paperbanana_well{$known} || !-e $pbq ) {
        delete $paperbanana_seen{$known};
        rdb_for_some( [$current_primary], sub { $$Pout_of_date = 'to tell which figures it sets' } );
    }
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

# How many pictures TeX lacked on the pages of a PDF; 1 if its request file is not whole.
sub paperbanana_missing {
    my ($pbq) = @_;
    my ( %missing, $whole, $no_pdf );
    if ( open( my $file, '<', $pbq ) ) {
        while (<$file>) {
            $missing{$1} = 1 if /^missing=(\d+)$/;
            $no_pdf = 1 if /^output=/;
            $whole = 1 if /^end=figures:/;
        }
        close $file;
    }
    return $no_pdf ? 0 : $whole ? scalar keys %missing : 1;
}

# What TeX asked for, wherever it stands and whatever came of it.
sub paperbanana_asked {
    my ($pbq) = @_;
    my ( $asked, %on_page ) = '';
    if ( open( my $file, '<', $pbq ) ) {
        while (<$file>) {
            if    (/^(?:shown|missing)=(\d+)$/)      { $on_page{$1} = 1 }
            elsif ( !/^(?:line=|(?:after|again) )/ ) { $asked .= $_ }
        }
        close $file;
    }
    return join ' ', $asked, sort keys %on_page;
}

# Have latexmk take a request file for a new one: no two marks are alike. It reads a file anew only
# where the size or the second differs, so what marks it after TeX has another length than what
# marked it at the end of a latexmk that ended in the same second.
sub paperbanana_mark {
    my ( $pbq, $mark ) = @_;
    return if !-e $pbq || -l $pbq;
    my $unique = sprintf '%s %d %010d %04d', $mark, time, $$, ++$paperbanana_marks;
    if ( open( my $file, '>>', $pbq ) ) { print $file "$unique\n"; close $file }
    return;
}

# Say what matters, once.
sub paperbanana_say {
    for my $pbq ( sort keys %paperbanana_well ) {
        ( my $report = $pbq ) =~ s/pbq$/pbr/;
        next if -l $report || !open( my $file, '<', $report );
        while (<$file>) {
            next if !s/^[ES] //;
            # whoever wrote that file: nothing that controls a terminal or turns its text
            s/[\x00-\x08\x0b-\x1f\x7f]|\xC2[\x80-\x9F]|\xE2(?:\x80[\xA8-\xAE]|\x81[\xA6-\xA9])/ /g;
            print STDERR $_;
        }
        close $file;
        unlink $report;
    }
}

# When latexmk ends: say what matters, and where something is left to do, have the next start of
# latexmk start the hook again, though no source has changed.
sub paperbanana_end {
    my $status = $?;
    $paperbanana_ends = 1;
    paperbanana_reap();
    paperbanana_say();
    for my $pbq ( sort keys %paperbanana_well ) {
        next if !-e $pbq || $paperbanana_well{$pbq} && !paperbanana_missing($pbq);
        paperbanana_mark( $pbq, 'again later' );
    }
    $? = $paperbanana_interrupted ? 130 : $status == 0 && $paperbanana_strict ? 12 : $status;
    return;
}
1;
PAPERBANANA
    return;
}
# <<< paperbanana <<<
