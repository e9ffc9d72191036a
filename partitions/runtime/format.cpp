// SPDX-License-Identifier: Apache-2.0
// implements: LLR-402
//
// A small formatter: no floating point, no field widths, no variable argument lists.
#include "bulkhead.h"

namespace {

// Collects text, so that the console is called for as many bytes as it takes at once.
class Output {
public:
    void put(char character)
    {
        buffer_[used_] = character;
        ++used_;
        if (used_ == kCapacity) {
            flush();
        }
    }

    void put_text(const char* text)
    {
        for (; *text != '\0'; ++text) {
            put(*text);
        }
    }

    void put_number(uint64_t value, uint32_t base)
    {
        char digits[kMostDigits];
        size_t count{0};
        do {
            digits[count] = "0123456789abcdef"[value % base];
            ++count;
            value /= base;
        } while (value != 0U);
        while (count != 0U) {
            --count;
            put(digits[count]);
        }
    }

    void flush()
    {
        static_cast<void>(bulkhead_console_write(buffer_, used_));
        used_ = 0;
    }

private:
    static constexpr size_t kCapacity{96};
    static constexpr size_t kMostDigits{20};

    char buffer_[kCapacity];
    size_t used_{0};
};

void put_value(Output& output, char conversion, uint64_t value)
{
    switch (conversion) {
    case 'u':
        output.put_number(value, 10);
        break;
    case 'd':
        if (static_cast<int64_t>(value) < 0) {
            output.put('-');
            value = 0U - value;
        }
        output.put_number(value, 10);
        break;
    case 'x':
        output.put_number(value, 16);
        break;
    case 'c':
        output.put(static_cast<char>(value & 0xFFU));
        break;
    case 's':
        output.put_text(reinterpret_cast<const char*>(static_cast<uintptr_t>(value)));
        break;
    default:
        output.put('?');
        break;
    }
}

}  // namespace

void bulkhead_print(const char* text)
{
    Output output;
    output.put_text(text);
    output.flush();
}

void bulkhead_print_values(const char* format, const uint64_t* values, size_t count)
{
    Output output;
    size_t next{0};
    for (; *format != '\0'; ++format) {
        if (*format != '%') {
            output.put(*format);
        } else if (format[1] == '\0') {
            output.put('%');
        } else {
            ++format;
            if (*format == '%') {
                output.put('%');
            } else if (next < count) {
                put_value(output, *format, values[next]);
                ++next;
            } else {
                output.put('?');
            }
        }
    }
    output.flush();
}
