#ifdef __cplusplus
extern "C" {
#endif

void throw_out(void);
int throw_and_catch(void);
void throw_noexcept(void);
void call_pure_virtual(void);

#ifdef __cplusplus
}
#endif
