run();
stop();
