#include "CMySQLClient.h"
