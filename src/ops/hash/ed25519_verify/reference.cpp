// OpenSSL decides; for what it refuses, its big numbers say why: whether S < L, and whether
// (y^2 - 1) / (d y^2 + 1) is a square modulo p.
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

#include "base/check.hpp"
#include "base/result.hpp"
#include "ops/hash/ed25519_verify/ed25519_verify.hpp"

namespace weir::ops {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BN_CTX* context) const { BN_CTX_free(context); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

constexpr char kP[] = "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed";
constexpr char kL[] = "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed";

Owned<BIGNUM> number(const char* hex) {
  BIGNUM* value = nullptr;
  CHECK(BN_hex2bn(&value, hex) != 0);
  return Owned<BIGNUM>(value);
}

bool below_order(const std::uint8_t* scalar) {
  const Owned<BIGNUM> s(BN_lebin2bn(scalar, 32, nullptr));
  CHECK(s != nullptr);
  return BN_cmp(s.get(), number(kL).get()) < 0;
}

// u (d y^2 + 1)^-1 is a square or zero; d = -121665 / 121666.
bool on_curve(Ed25519Key key) {
  key[31] &= 0x7f;
  const Owned<BN_CTX> context(BN_CTX_new());
  const Owned<BIGNUM> p = number(kP);
  const Owned<BIGNUM> y(BN_lebin2bn(key.data(), 32, nullptr));
  const Owned<BIGNUM> u(BN_new());
  const Owned<BIGNUM> v(BN_new());
  const Owned<BIGNUM> d(BN_new());
  CHECK(context && y && u && v && d);
  BIGNUM* const inverse = BN_mod_inverse(d.get(), number("1db42").get(), p.get(), context.get());
  bool ok = inverse != nullptr &&
            BN_mod_mul(d.get(), d.get(), number("-1db41").get(), p.get(), context.get()) != 0 &&
            BN_mod_sqr(u.get(), y.get(), p.get(), context.get()) != 0 &&
            BN_mod_mul(v.get(), u.get(), d.get(), p.get(), context.get()) != 0 &&
            BN_add_word(v.get(), 1) != 0 && BN_sub_word(u.get(), 1) != 0 &&
            BN_mod_inverse(v.get(), v.get(), p.get(), context.get()) != nullptr &&
            BN_mod_mul(u.get(), u.get(), v.get(), p.get(), context.get()) != 0;
  CHECK(ok);
  return BN_kronecker(u.get(), p.get(), context.get()) >= 0;
}

}  // namespace

Result<Ed25519Verdict> ed25519_verify_by_openssl(const Ed25519Key& key,
                                                 const Ed25519Signature& signature, Bytes message) {
  const Owned<EVP_PKEY> loaded(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()));
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  if (!loaded || !context ||
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, loaded.get()) != 1) {
    ERR_clear_error();
    return fail(internal_error("openssl", "OpenSSL cannot set up Ed25519"));
  }
  const int decision = EVP_DigestVerify(context.get(), signature.data(), signature.size(),
                                        message.data(), message.size());
  if (decision == 1) return Ed25519Verdict::kValid;
  ERR_clear_error();
  if (!below_order(signature.data() + 32)) return Ed25519Verdict::kScalarTooLarge;
  return on_curve(key) ? Ed25519Verdict::kMismatch : Ed25519Verdict::kKeyNotOnCurve;
}

Status Ed25519Verify::reference(const Args& args, Output& out) {
  WEIR_TRY(check_output(args, out));
  for (std::size_t i = 0; i < args.keys.size(); ++i) {
    WEIR_ASSIGN(out.verdicts[i],
                ed25519_verify_by_openssl(args.keys[i], args.signatures[i], args.messages[i]));
  }
  return Status::ok();
}

}  // namespace weir::ops
