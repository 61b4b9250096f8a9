// A dense layer's sums in the processor's own integers, where they are the same to the last bit.
//
// hls4ml's loops cast each product to the accumulator's type, then add it there. Where that type
// wraps, all of this is arithmetic modulo 2^width, whose order does not matter; where it drops
// bits of a product, each product is shifted before it is added, as hls4ml's cast does. What is
// otherwise (saturation, rounding, other products, wider types, reuse factors that do not divide
// the inputs) is left to hls4ml's own functions.
//
// Source of the indices: dense_rf_lt in nnet_dense.h of hls4ml 1.3.0, oneAPI and Quartus.
// Included by a copy of that file, behind its own includes.
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

namespace hlsgate {

// The facts of an ac_fixed of at most 64 bits.
template <class T> struct Fixed { static constexpr bool known = false; };

template <int W, int I, bool S, ac_q_mode Q, ac_o_mode O> struct Fixed<ac_fixed<W, I, S, Q, O>> {
    using Number = ac_fixed<W, I, S, Q, O>;
    // A word that holds the value as it is, whether it has a sign or not.
    static constexpr int words = (W + 31 + !S) / 32;
    static constexpr bool known = words <= 2 && std::is_standard_layout_v<Number> &&
                                  sizeof(Number) == words * sizeof(int);
    static constexpr int width = W, fraction = W - I;
    static constexpr bool sign = S, wraps = O == AC_WRAP, floors = Q == AC_TRN;

    // The number without its point: the first member, by the rules of standard layout.
    static std::int64_t whole(const Number &number) {
        const auto &word = *reinterpret_cast<const int(*)[words]>(&number);
        if constexpr (words == 1)
            return word[0];
        else
            return static_cast<std::int64_t>(word[1]) << 32 | static_cast<unsigned>(word[0]);
    }

    static Number wrapped(std::int64_t whole) {
        Number number;
        number.set_slc(0, ac_int<W, S>(static_cast<Slong>(whole)));
        return number;
    }
};

template <class Array> using Element = std::decay_t<decltype(std::declval<Array &>()[0])>;

template <class Data, class Result, class Weights, class Config> struct Dense {
    using X = Element<Data>;
    using Y = Element<Result>;
    using W = Element<Weights>;
    using Sum = typename Config::accum_t;
    using In = Fixed<X>;
    using Weight = Fixed<W>;
    using Out = Fixed<Sum>;

    static constexpr unsigned reuse = Config::reuse_factor, inputs = Config::n_in;

    // One product for each pair, none left out, each output's side by side.
    static constexpr bool plain() {
        return reuse >= 1 && inputs % reuse == 0 &&
               Config::block_factor * reuse == inputs * Config::n_out &&
               Config::multiplier_limit == Config::block_factor &&
               Config::multiplier_scale * reuse == inputs;
    }

    static constexpr bool exact() {
        if constexpr (!In::known || !Weight::known || !Out::known)
            return false;
        else {
            constexpr int dropped = In::fraction + Weight::fraction - Out::fraction;
            return In::words == 1 && Weight::words == 1 && Out::wraps && dropped > -Out::width &&
                   (dropped <= 0 || (Out::floors && dropped < In::width + Weight::width)) &&
                   std::is_same_v<typename Config::template product<X, W>,
                                  nnet::product::mult<X, W>>;
        }
    }

    static constexpr bool suits() {
        if constexpr (plain())
            return exact();
        return false;
    }

    template <class D, class R, class V, class B>
    static void run(const D &data, R &result, const V &weights, const B &biases) {
        constexpr int dropped = In::fraction + Weight::fraction - Out::fraction;
        constexpr bool narrow = In::width + Weight::width <= 31 + (In::sign || Weight::sign);
        // Bits that a product needs: those below the sum's highest, or all, where it is shifted.
        using Product = std::conditional_t<(dropped > 0 ? narrow : Out::width <= 32), std::int32_t,
                                           std::int64_t>;
        using Factor = std::make_unsigned_t<Product>;
        using Word = std::conditional_t<Out::width <= 32, std::uint32_t, std::uint64_t>;
        constexpr unsigned scale = inputs / reuse;
        constexpr unsigned step = Config::reuse_factor_rounded;

        Factor x[inputs];
        for (unsigned i = 0; i < inputs; ++i)
            x[i] = static_cast<Factor>(In::whole(data[i]));
        for (unsigned out = 0; out < Config::n_out; ++out) {
            Word sum = 0;
            for (unsigned first = 0; first < reuse; ++first)
                for (unsigned i = 0; i < scale; ++i) {
                    const auto w = static_cast<Factor>(
                        Weight::whole(weights[first + step * (out * scale + i)]));
                    const auto product = static_cast<Product>(x[first + reuse * i] * w);
                    sum += static_cast<Word>(dropped > 0 ? product >> (dropped > 0 ? dropped : 0)
                                                         : product);
                }
            if constexpr (dropped < 0)
                sum <<= -dropped;
            const Sum start = (Sum)biases[out];
            sum += static_cast<Word>(Out::whole(start));
            result[out] =
                nnet::cast<X, Y, Config>(Out::wrapped(static_cast<std::int64_t>(sum)));
        }
    }
};

} // namespace hlsgate
