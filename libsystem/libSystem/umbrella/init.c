// The start of libSystem, which dyld calls before any other initializer. This image
// imports one symbol, and looks it up in the flat name space: the linker writes the
// load commands of re-exported libraries twice when it binds to them, which gives
// other numbers to them than the loader's.

struct ProgramVars;
void _beagle_start(int argc, const char *argv[], const char *envp[], const char *apple[], const struct ProgramVars *vars);

__attribute__((constructor)) static void initialize(int argc, const char *argv[], const char *envp[], const char *apple[], const struct ProgramVars *vars) {
	_beagle_start(argc, argv, envp, apple, vars);
}
