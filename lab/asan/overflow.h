void write_behind(int size);
