#pragma once

#include <ac_int.h>
