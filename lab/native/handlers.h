void install_reporter(void);
void default_segv(void);
void read_null_blocked(void);
void raise_default_usr1(void);
