#include "net/expression.h"

#include <math.h>
#include <matheval.h>
#include <pthread.h>
#include <string.h>

enum { LONGEST = 1000 };

/* libmatheval's scanner and parser keep their state in static variables. */
static pthread_mutex_t parser = PTHREAD_MUTEX_INITIALIZER;

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The name or number that starts at `text`, as libmatheval's scanner splits them; 0: neither does. */
static size_t word_length(const char *text)
{
    static const char digits[] = "0123456789";
    static const char names[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    const size_t whole = strspn(text, digits);
    if (whole == 0 && text[0] != '.')
        return strspn(text, names);
    const size_t fraction = text[whole] == '.' ? strspn(text + whole + 1, digits) : 0;
    if (whole + fraction == 0)
        return 0;
    const size_t number = whole + (text[whole] == '.' ? 1 + fraction : 0);
    const bool exponent = text[number] == 'e' || text[number] == 'E';
    const size_t sign = exponent && (text[number + 1] == '+' || text[number + 1] == '-');
    const size_t power = exponent ? strspn(text + number + 1 + sign, digits) : 0;
    return number + (power > 0 ? 1 + sign + power : 0);
}

/* libmatheval's scanner skips a character it does not know and prints it to standard output, so none may
 * reach it. */
static int characters_check(const char *text, struct base_error *error)
{
    if (text[strspn(text, " \t")] == '\0')
        return base_fail(error, BASE_BAD_INPUT, "it is empty");
    if (strlen(text) > LONGEST)
        return base_fail(error, BASE_BAD_INPUT, "it is longer than %d characters", LONGEST);
    for (const char *c = text; *c != '\0';) {
        const size_t word = word_length(c);
        if (word == 0 && strchr("+-*/^() \t", *c) == NULL)
            return base_fail(error, BASE_BAD_INPUT, "its character %td has no meaning there", c - text + 1);
        c += word > 0 ? word : 1;
    }
    return BASE_OK;
}

static int variables_check(void *evaluator, struct base_error *error)
{
    char **names;
    int n;
    evaluator_get_variables(evaluator, &names, &n);
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], "x") != 0)
            return base_fail(error, BASE_BAD_INPUT, "it takes %.40s for a variable, and only x may be one",
                             names[i]);
    if (n == 0)
        return base_fail(error, BASE_BAD_INPUT, "it must depend on x");
    return BASE_OK;
}

static bool word_is_analytic(const char *word, size_t length)
{
    static const char *const analytic[] = {"x",    "e",    "pi",   "exp",  "log",  "sin",  "cos",
                                           "tan",  "cot",  "sec",  "csc",  "sinh", "cosh", "tanh",
                                           "coth", "sech", "csch", "atan", "erf"};
    for (size_t i = 0; i < sizeof analytic / sizeof *analytic; i++)
        if (strlen(analytic[i]) == length && strncmp(word, analytic[i], length) == 0)
            return true;
    return false;
}

static bool words_are_analytic(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    for (const char *c = text; *c != '\0';) {
        size_t length = strspn(c, letters);
        bool exponent = length == 1 && c > text && (is_digit(c[-1]) || c[-1] == '.'); /* 1e-3 */
        if (length > 0 && !exponent && !word_is_analytic(c, length))
            return false;
        c += length > 0 ? length : 1;
    }
    return true;
}

static bool powers_are_whole(const char *text)
{
    for (const char *c = strchr(text, '^'); c != NULL; c = strchr(c + 1, '^')) {
        const char *digits = c + 1 + strspn(c + 1, " \t"), *end = digits + strspn(digits, "0123456789");
        if (end == digits || *end == '.' || *end == 'e' || *end == 'E' || *end == '_')
            return false;
    }
    return true;
}

bool net_expression_is_analytic(const char *text)
{
    return words_are_analytic(text) && powers_are_whole(text);
}

int net_expression_open(struct net_activation *activation, const char *text, struct base_error *error)
{
    int status = characters_check(text, error);
    if (status != BASE_OK)
        return status;
    char copy[LONGEST + 1]; /* evaluator_create wants a text that it could write to */
    strcpy(copy, text);

    pthread_mutex_lock(&parser);
    activation->value = evaluator_create(copy);
    if (activation->value == NULL)
        status = base_fail(error, BASE_BAD_INPUT, "its syntax is wrong or a function is unknown");
    else
        status = variables_check(activation->value, error);
    if (status == BASE_OK) {
        activation->derivative = evaluator_derivative_x(activation->value);
        if (activation->derivative == NULL)
            status = base_fail(error, BASE_BAD_INPUT, "libmatheval cannot differentiate it");
    }
    pthread_mutex_unlock(&parser);
    return status;
}

void net_expression_close(struct net_activation *activation)
{
    if (activation->value == NULL)
        return;
    pthread_mutex_lock(&parser);
    if (activation->derivative != NULL)
        evaluator_destroy(activation->derivative);
    evaluator_destroy(activation->value);
    pthread_mutex_unlock(&parser);
    activation->value = activation->derivative = NULL;
}

double net_expression_value(const struct net_activation *activation, double x)
{
    return evaluator_evaluate_x(activation->value, x);
}

double net_expression_slope(const struct net_activation *activation, double x)
{
    return evaluator_evaluate_x(activation->derivative, x);
}

/* φ' where libmatheval has nan, as it has for step(x)*x at 0: the mean of those sides that are finite. */
static double slope_repair(const struct net_activation *activation, double x)
{
    double distance = 1e-9 * fmax(1, fabs(x));
    double below = net_expression_slope(activation, x - distance);
    double above = net_expression_slope(activation, x + distance);
    if (isfinite(below) && isfinite(above))
        return 0.5 * (below + above);
    return isfinite(below) ? below : isfinite(above) ? above : 0;
}

void net_expression_eval(const struct net_activation *activation, size_t n, const double *u, double *phi,
                         double *dphi)
{
    for (size_t i = 0; i < n; i++) {
        phi[i] = net_expression_value(activation, u[i]);
        dphi[i] = net_expression_slope(activation, u[i]);
        /* where φ itself is not finite the network has diverged, and φ' shall say so too */
        if (!isfinite(dphi[i]) && isfinite(phi[i]))
            dphi[i] = slope_repair(activation, u[i]);
    }
}
